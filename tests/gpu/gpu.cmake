# What needs a real GPU, with ZER0_CUDA=ON: the conformance suite of tests/device, compiled by nvcc,
# and a short training. Labelled gpu. Where there is no card they are skipped, which ctest does not
# count as passed.
if(NOT ZER0_CUDA)
  return()
endif()
set(sources)
set(suites activation attention bias elements grouped_matmul layer_norm layers matmul routing
           sampling)
# A source has one language in a folder, so nvcc gets a file that includes it.
foreach(suite ${suites})
  set(source "${CMAKE_CURRENT_BINARY_DIR}/gpu/${suite}.cu")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include \"device/${suite}.cpp\"\n")
  list(APPEND sources "${source}")
endforeach()
add_executable(test_gpu EXCLUDE_FROM_ALL ${sources} gpu/training.cu gpu/cpu_losses.cpp
                                         $<TARGET_OBJECTS:zer0_catch_main>)
target_link_libraries(test_gpu PRIVATE zer0_test_options zer0::cuda_compiled Catch2::Catch2)

foreach(name ${suites} training)
  add_test(NAME gpu.${name} COMMAND test_gpu "-#" "[#${name}]~[slow]")
  set_tests_properties(gpu.${name} PROPERTIES LABELS gpu TIMEOUT 1800 FIXTURES_REQUIRED test_gpu
                                              SKIP_REGULAR_EXPRESSION "cuda: no device found")
endforeach()
# Built for the first test that needs it, as nvcc takes minutes.
add_test(NAME cuda.build_gpu_tests
         COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}" --target test_gpu)
set_tests_properties(cuda.build_gpu_tests PROPERTIES LABELS slow FIXTURES_SETUP test_gpu
                                                     TIMEOUT 3600)
