# What nvcc says: headers alone for two architectures, what it makes of the kernels, and whole programs, linked with cuBLAS and
# NCCL.
find_program(ZER0_NVCC nvcc PATHS /usr/local/cuda/bin)
find_path(ZER0_NCCL_INCLUDE nccl.h PATHS /usr/local/cuda/include)
if(ZER0_NVCC)
  foreach(architecture 80 90)
    add_test(NAME cuda.nvcc_sm_${architecture}
             COMMAND "${ZER0_NVCC}" -std=c++20 -arch=sm_${architecture} --expt-relaxed-constexpr -Werror all-warnings -I
                     "${PROJECT_SOURCE_DIR}/include" -x cu -c "${CMAKE_CURRENT_LIST_DIR}/compiles.cu" -o
                     "${CMAKE_CURRENT_BINARY_DIR}/compiles_sm_${architecture}.o")
    set_tests_properties(cuda.nvcc_sm_${architecture} PROPERTIES LABELS slow)
  endforeach()
  # No spills, no local memory, tensor cores where they belong.
  add_test(NAME cuda.report COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/scripts/cuda_report" --check)
  set_tests_properties(cuda.report PROPERTIES LABELS slow TIMEOUT 1800 SKIP_REGULAR_EXPRESSION "cuda_report: skipped")
endif()

if(NOT ZER0_NVCC OR NOT ZER0_NCCL_INCLUDE)
  add_test(NAME cuda.programs COMMAND "${CMAKE_COMMAND}" -E echo "skipped: needs nvcc and NCCL")
  set_tests_properties(cuda.programs PROPERTIES SKIP_REGULAR_EXPRESSION "skipped" LABELS slow)
  return()
endif()
add_test(NAME cuda.programs COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}"
         "-DWORK=${CMAKE_CURRENT_BINARY_DIR}/cuda_programs" "-DCXX=${CMAKE_CXX_COMPILER}" "-DGENERATOR=${CMAKE_GENERATOR}"
         -P "${CMAKE_CURRENT_LIST_DIR}/build.cmake")
set_tests_properties(cuda.programs PROPERTIES LABELS slow TIMEOUT 1800 ENVIRONMENT "OMP_NUM_THREADS=2;OMP_WAIT_POLICY=PASSIVE")
