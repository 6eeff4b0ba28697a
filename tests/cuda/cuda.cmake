# What nvcc says: headers alone, what it makes of the kernels, and whole programs, linked with
# cuBLAS and NCCL.

# Without the toolkit, ZER0_CUDA=ON is refused in one sentence that names what is missing.
add_test(NAME cuda.no_toolkit
         COMMAND "${CMAKE_COMMAND}" -S "${PROJECT_SOURCE_DIR}"
                 -B "${CMAKE_CURRENT_BINARY_DIR}/no_toolkit" -G "${CMAKE_GENERATOR}"
                 "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}" -DZER0_CUDA=ON -DZER0_BUILD_TESTS=OFF
                 -DZER0_BUILD_BENCH=OFF -DCMAKE_DISABLE_FIND_PACKAGE_CUDAToolkit=ON
                 -DCMAKE_DISABLE_FIND_PACKAGE_NCCL=ON)
set_tests_properties(cuda.no_toolkit PROPERTIES LABELS fast PASS_REGULAR_EXPRESSION
                     "not found: the CUDA.*toolkit 12.4 or newer, NCCL.*Install it")

find_program(ZER0_NVCC nvcc PATHS /usr/local/cuda/bin)
find_path(ZER0_NCCL_INCLUDE nccl.h PATHS /usr/local/cuda/include)
if(ZER0_NVCC)
  # The newest architecture that zer0 knows and this toolkit too, beside sm_80 and sm_90, for which
  # cuda.report compiles the same.
  execute_process(COMMAND "${ZER0_NVCC}" --list-gpu-arch OUTPUT_VARIABLE known ERROR_QUIET)
  set(newest 90)
  if(known MATCHES "compute_100")
    set(newest 100)
  endif()
  add_test(NAME cuda.nvcc_sm_${newest}
           COMMAND "${ZER0_NVCC}" -std=c++20 -arch=sm_${newest} --expt-relaxed-constexpr
                   -Werror all-warnings -I "${PROJECT_SOURCE_DIR}/include" -x cu
                   -c "${CMAKE_CURRENT_LIST_DIR}/compiles.cu"
                   -o "${CMAKE_CURRENT_BINARY_DIR}/compiles_sm_${newest}.o")
  set_tests_properties(cuda.nvcc_sm_${newest} PROPERTIES LABELS full)
  # No spills, no local memory, tensor cores where they belong.
  add_test(NAME cuda.report
           COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/scripts/cuda_report" --check)
  set_tests_properties(cuda.report PROPERTIES LABELS slow TIMEOUT 1800
                                              SKIP_REGULAR_EXPRESSION "cuda_report: skipped")
endif()

# A program's part for cuda, with all that it has in common with the others; whole programs are
# linked by cuda.programs.
if(ZER0_NVCC AND ZER0_NCCL_INCLUDE)
  add_test(NAME cuda.eval_part
           COMMAND "${ZER0_NVCC}" -std=c++20 -arch=sm_80 -O1 --expt-relaxed-constexpr
                   -Werror all-warnings -DZER0_CUDA -DZER0_COMPILED -DZER0_CUDA_COMPILED
                   -I "${PROJECT_SOURCE_DIR}/include" -I "${PROJECT_SOURCE_DIR}/examples"
                   -I "${ZER0_NCCL_INCLUDE}" -c "${PROJECT_SOURCE_DIR}/examples/cuda/eval.cu"
                   -o "${CMAKE_CURRENT_BINARY_DIR}/eval_part.o")
  set_tests_properties(cuda.eval_part PROPERTIES LABELS slow)
endif()

if(NOT ZER0_NVCC OR NOT ZER0_NCCL_INCLUDE)
  add_test(NAME cuda.programs COMMAND "${CMAKE_COMMAND}" -E echo "skipped: needs nvcc and NCCL")
  set_tests_properties(cuda.programs PROPERTIES SKIP_REGULAR_EXPRESSION "skipped" LABELS full)
  return()
endif()
add_test(NAME cuda.programs COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}"
         "-DWORK=${CMAKE_CURRENT_BINARY_DIR}/cuda_programs" "-DCXX=${CMAKE_CXX_COMPILER}"
         "-DGENERATOR=${CMAKE_GENERATOR}"
         -P "${CMAKE_CURRENT_LIST_DIR}/build.cmake")
set_tests_properties(
  cuda.programs PROPERTIES LABELS full TIMEOUT 1800
                           ENVIRONMENT "OMP_NUM_THREADS=2;OMP_WAIT_POLICY=PASSIVE")
