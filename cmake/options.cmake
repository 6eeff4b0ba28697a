# How zer0's own programs (tests, examples, benchmarks) are compiled, and zer0::compiled for them: zer0_flags. What they
# link: zer0_options, which is those flags and zer0::compiled. Neither is ever exported.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo" FORCE)
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
add_library(zer0_flags INTERFACE)
add_library(zer0_options INTERFACE)
target_link_libraries(zer0_options INTERFACE zer0_flags zer0::compiled)
target_link_libraries(zer0_compiled PRIVATE $<BUILD_INTERFACE:zer0_flags>)
set(warnings -Wall -Wextra -Wshadow)
if(ZER0_WERROR)
  list(APPEND warnings -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND warnings -Wno-restrict)  # false on std::string (GCC bug 105651)
endif()
target_compile_options(zer0_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings}>")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ tidies its memory for the first time at 1 GiB rather than at 128 MiB: an eighth of its time.
  target_compile_options(zer0_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:--param=ggc-min-heapsize=1048576>")
endif()
if(ZER0_NATIVE)
  target_compile_options(zer0_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-march=native>")
endif()
if(ZER0_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(zer0_flags INTERFACE ${sanitizers})
  target_link_options(zer0_flags INTERFACE ${sanitizers})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(zer0_flags INTERFACE -Wno-maybe-uninitialized)  # g++ 12 sees ghosts in instrumented <regex>
  endif()
endif()

# Adds to a program its part for the cuda device, a source in the language CUDA. It is apart from the others, as nvcc does
# not read the vector code of the cpu device.
function(zer0_add_cuda program)
  target_sources(${program} PRIVATE ${ARGN} "${PROJECT_SOURCE_DIR}/examples/cuda/count.cpp")
  target_link_libraries(${program} PRIVATE zer0::cuda_compiled)
  target_compile_definitions(${program} PRIVATE ZER0_CUDA)
endfunction()
if(ZER0_CUDA)
  target_link_libraries(zer0_cuda_compiled PRIVATE $<BUILD_INTERFACE:zer0_flags>)
  list(JOIN warnings "," host_warnings)
  target_compile_options(zer0_flags INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${host_warnings}>"
                                                "$<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${ZER0_WERROR}>>:-Werror=all-warnings>")
endif()

# ccache takes -march=native literally, so the cache of one machine would serve another: what it stands for goes into the key.
find_program(ZER0_CCACHE ccache)
if(ZER0_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(native "${PROJECT_BINARY_DIR}/march_native.txt")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -march=native -E -dM -x c++ /dev/null OUTPUT_FILE "${native}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_EXTRAFILES=${native}" "${ZER0_CCACHE}")
endif()
