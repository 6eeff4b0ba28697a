# The programs' table of devices as a build with CUDA has it; needs no CUDA.
target_compile_definitions(test_examples_cuda PRIVATE ZER0_CUDA)
