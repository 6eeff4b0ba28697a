# The cuda device without a GPU: the same kernels and the same host code, compiled by the host's compiler and run on the
# CPU (kernel.hpp), with the runtime's and cuBLAS's functions replaced (runtime.cpp, blas.cpp). Needs the headers of the
# CUDA toolkit and Boost.Context; where they are not, nothing of this is built and a test says so as skipped.
if(ZER0_SANITIZE)
  return()  # not tried yet: Boost's fibers must announce their stacks to them
endif()
find_path(ZER0_CUDA_INCLUDE cublas_v2.h PATHS /usr/local/cuda/include)
find_package(Boost 1.74 QUIET COMPONENTS context)
if(NOT ZER0_CUDA_INCLUDE OR NOT TARGET Boost::context)
  add_test(NAME cuda_on_cpu COMMAND "${CMAKE_COMMAND}" -E echo "skipped: needs the CUDA toolkit's headers and Boost.Context")
  set_tests_properties(cuda_on_cpu PROPERTIES SKIP_REGULAR_EXPRESSION "skipped")
  return()
endif()

add_library(cuda_on_cpu OBJECT cuda_on_cpu/runtime.cpp cuda_on_cpu/blas.cpp)
target_link_libraries(cuda_on_cpu PUBLIC zer0_test_options Boost::context)
target_compile_definitions(cuda_on_cpu PUBLIC ZER0_CUDA_ON_CPU)
target_compile_options(cuda_on_cpu PUBLIC -Wno-unknown-pragmas)  # "#pragma unroll"
# Two kernels that compute the same must give the same bits, whichever of them the compiler would contract.
target_compile_options(cuda_on_cpu PUBLIC -ffp-contract=off)
target_include_directories(cuda_on_cpu SYSTEM PUBLIC "${ZER0_CUDA_INCLUDE}")

# The conformance suite once more, with cuda in the list of devices, and what only the emulation has.
file(GLOB files CONFIGURE_DEPENDS cuda_on_cpu/tests/*.cpp)
add_executable(test_cuda_on_cpu ${files} device/attention.cpp device/elements.cpp device/grouped_matmul.cpp device/layers.cpp
                                device/matmul.cpp device/sampling.cpp main.cpp)
target_link_libraries(test_cuda_on_cpu PRIVATE cuda_on_cpu Catch2::Catch2)
foreach(file attention elements grouped_matmul layers matmul sampling)
  zer0_add_entry(cuda_on_cpu.device.${file} test_cuda_on_cpu "[#${file}]~[slow]" "slow" 1800)
endforeach()
foreach(file ${files})
  cmake_path(GET file STEM stem)
  zer0_add_entry(cuda_on_cpu.${stem} test_cuda_on_cpu "[#${stem}]" "slow" 1800)
endforeach()

# And the compiler that the headers are for.
find_program(ZER0_NVCC nvcc PATHS /usr/local/cuda/bin)
if(ZER0_NVCC AND PROJECT_IS_TOP_LEVEL AND NOT ZER0_SANITIZE)
  foreach(architecture 80 90)
    add_test(NAME cuda.nvcc_sm_${architecture}
             COMMAND "${ZER0_NVCC}" -std=c++20 -arch=sm_${architecture} --expt-relaxed-constexpr -Werror all-warnings -I
                     "${PROJECT_SOURCE_DIR}/include" -x cu -c "${CMAKE_CURRENT_SOURCE_DIR}/cuda/compiles.cu" -o
                     "${CMAKE_CURRENT_BINARY_DIR}/compiles_sm_${architecture}.o")
    set_tests_properties(cuda.nvcc_sm_${architecture} PROPERTIES LABELS slow)
  endforeach()
endif()
