# zer0::cuda_compiled: zer0::cuda with the device's operations compiled once, a source for each
# format of numbers. Files of its users compile no kernel of their own, except for those that their
# own types are part of.
set(sources)
foreach(format float32 bfloat16 float16)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/compiled/cuda_${format}.cu")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include <zer0/device/detail/cuda/${format}.cuh>\n")
  list(APPEND sources "${source}")
endforeach()
set(cuda_compiled_exclude EXCLUDE_FROM_ALL)
if(ZER0_INSTALL)
  set(cuda_compiled_exclude)
endif()
add_library(zer0_cuda_compiled STATIC ${cuda_compiled_exclude} ${sources})
add_library(zer0::cuda_compiled ALIAS zer0_cuda_compiled)
set_target_properties(zer0_cuda_compiled PROPERTIES EXPORT_NAME cuda_compiled
                                                    POSITION_INDEPENDENT_CODE ON)
target_compile_definitions(zer0_cuda_compiled PUBLIC ZER0_CUDA_COMPILED)
target_link_libraries(zer0_cuda_compiled PUBLIC zer0_cuda)
