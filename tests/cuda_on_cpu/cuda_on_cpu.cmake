# The cuda device without a GPU: the same kernels and the same host code, compiled by the host's
# compiler and run on the CPU (kernel.hpp, block.cpp), with the runtime's and cuBLAS's functions
# replaced (runtime.cpp, graph.cpp, blas.cpp). Needs the headers of the CUDA toolkit and NCCL, and
# Boost.Context; where they are not, nothing of this is built and a test says so as skipped.
find_path(ZER0_CUDA_INCLUDE cublas_v2.h PATHS /usr/local/cuda/include)
find_package(Boost 1.74 QUIET COMPONENTS context)
find_path(ZER0_NCCL_INCLUDE nccl.h PATHS /usr/local/cuda/include)
if(NOT ZER0_CUDA_INCLUDE OR NOT ZER0_NCCL_INCLUDE OR NOT TARGET Boost::context)
  add_test(NAME cuda_on_cpu
           COMMAND "${CMAKE_COMMAND}" -E echo
                   "skipped: needs the headers of the CUDA toolkit and NCCL, and Boost.Context")
  set_tests_properties(cuda_on_cpu PROPERTIES SKIP_REGULAR_EXPRESSION "skipped")
  return()
endif()

add_library(cuda_on_cpu OBJECT support/shared_models.cpp cuda_on_cpu/runtime.cpp
                               cuda_on_cpu/graph.cpp cuda_on_cpu/blas.cpp cuda_on_cpu/nccl.cpp)
target_link_libraries(cuda_on_cpu PUBLIC zer0_test_options Catch2::Catch2 Boost::context)
# The operations, compiled once for all tests, as zer0::cuda_compiled has them; and what runs them.
# With -O3 attention takes 8 s where it takes 12 with -O2.
set(operations cuda_on_cpu/block.cpp)
foreach(format float32 bfloat16 float16)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/cuda_on_cpu/${format}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include <zer0/device/detail/cuda/${format}.cuh>\n")
  list(APPEND operations "${source}")
endforeach()
target_sources(cuda_on_cpu PRIVATE ${operations})
set_source_files_properties(${operations} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>"
                                                     SKIP_PRECOMPILE_HEADERS ON)
target_compile_definitions(cuda_on_cpu PUBLIC ZER0_CUDA_ON_CPU ZER0_CUDA_COMPILED)
# As for the other tests (support/precompiled.hpp); apart, as the flags are others.
target_precompile_headers(cuda_on_cpu PRIVATE cuda_on_cpu/precompiled.hpp)
target_compile_options(cuda_on_cpu PUBLIC -Wno-unknown-pragmas)  # "#pragma unroll"
# Two kernels that compute the same must give the same bits, whichever of them the compiler would
# contract.
target_compile_options(cuda_on_cpu PUBLIC -ffp-contract=off)
target_include_directories(cuda_on_cpu SYSTEM PUBLIC "${ZER0_CUDA_INCLUDE}" "${ZER0_NCCL_INCLUDE}")

# The conformance suite once more, with cuda in the list of devices, and what only the emulation
# has. Under the sanitizers, where the emulation is ten times slower, only a part.
file(GLOB files CONFIGURE_DEPENDS cuda_on_cpu/tests/*.cpp)
set(suite activation attention bias elements grouped_matmul layer_norm layers matmul preference
          routing sampling)
set(label slow)
if(ZER0_SANITIZE)
  list(FILTER files INCLUDE REGEX "/(emulation|fragments|refusals)\\.cpp$")
  set(suite elements)
  set(label fast)
endif()
add_executable(test_cuda_on_cpu ${files})
foreach(file ${suite})
  target_sources(test_cuda_on_cpu PRIVATE device/${file}.cpp)
  zer0_add_entry(cuda_on_cpu.device.${file} test_cuda_on_cpu "[#${file}]~[slow]" ${label} 1800)
endforeach()
target_link_libraries(test_cuda_on_cpu PRIVATE cuda_on_cpu zer0_catch_main)
target_precompile_headers(test_cuda_on_cpu REUSE_FROM cuda_on_cpu)
foreach(file ${files})
  cmake_path(GET file STEM stem)
  zer0_add_entry(cuda_on_cpu.${stem} test_cuda_on_cpu "[#${stem}]" ${label} 1800)
endforeach()

# No operation is missing in the list of those that are compiled once.
if(NOT ZER0_SANITIZE)
  add_test(NAME cuda_on_cpu.compiled_once
           COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/cuda_on_cpu/compiled_once.py"
                   "${PROJECT_SOURCE_DIR}/include/zer0/device/ops"
                   "$<FILTER:$<TARGET_OBJECTS:cuda_on_cpu>,EXCLUDE,cmake_pch>" --
                   $<TARGET_OBJECTS:test_cuda_on_cpu>
           COMMAND_EXPAND_LISTS)
  set_tests_properties(cuda_on_cpu.compiled_once PROPERTIES LABELS slow)
endif()

# What is built of the device once more on cuda: layers, the model, goldens, training, checkpoints.
# A program of its own, as an entry is found by the name of its file.
if(NOT ZER0_SANITIZE)
  set(built
      attention/gqa
      attention/mla
      attention/qk_norm
      attention/scores
      golden/dense
      golden/experts
      golden/generation
      golden/layers
      golden/lora
      golden/preference
      golden/training
      checkpoint/checkpoint
      layer/embedding
      layer/feed_forward
      layer/layer_norm
      layer/linear
      layer/lora
      layer/placement/pre_norm
      layer/rms_norm
      loss/preference
      model/adapted
      model/model
      model/placement
      model/recompute
      moe/moe
      moe/router/sigmoid_bias
      optim/muon
      recipe/hook/weight_average
      recipe/trainer
      recipe/trainer_parts
  )
  # Between them nearly all layers and kernels that families are made of.
  list(APPEND built family/deepseek_v2 family/gpt2)
  add_executable(test_cuda_on_cpu_built)
  target_link_libraries(test_cuda_on_cpu_built PRIVATE cuda_on_cpu zer0_catch_main)
  target_precompile_headers(test_cuda_on_cpu_built REUSE_FROM cuda_on_cpu)
  foreach(file ${built})
    target_sources(test_cuda_on_cpu_built PRIVATE ${file}.cpp)
    string(REPLACE "/" "." name "${file}")
    cmake_path(GET file FILENAME stem)
    zer0_add_entry(cuda_on_cpu.${name} test_cuda_on_cpu_built "[#${stem}]~[slow]" slow 1800)
  endforeach()
endif()

# Does AddressSanitizer see a kernel that reads what is not its own? The right kernel runs to its
# end.
if(ZER0_SANITIZE)
  add_executable(cuda_out_of_bounds cuda_on_cpu/out_of_bounds.cpp)
  target_link_libraries(cuda_out_of_bounds PRIVATE cuda_on_cpu)
  foreach(pair "inside=ran to its end" "global=heap-buffer-overflow" "shared=heap-buffer-overflow"
               "after_free=heap-use-after-free")
    string(REGEX REPLACE "=.*" "" where "${pair}")
    string(REGEX REPLACE ".*=" "" said "${pair}")
    add_test(NAME cuda_on_cpu.reads_${where} COMMAND cuda_out_of_bounds ${where})
    set_tests_properties(cuda_on_cpu.reads_${where} PROPERTIES LABELS fast
                                                               PASS_REGULAR_EXPRESSION "${said}")
  endforeach()
endif()
