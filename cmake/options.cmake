# How zer0's own programs (tests, examples, benchmarks) are compiled: the target zer0_options, which is never exported.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo" FORCE)
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
add_library(zer0_options INTERFACE)
target_link_libraries(zer0_options INTERFACE zer0::zer0)
target_compile_options(zer0_options INTERFACE -Wall -Wextra -Wshadow $<$<BOOL:${ZER0_WERROR}>:-Werror>)
if(ZER0_NATIVE)
  target_compile_options(zer0_options INTERFACE -march=native)
endif()
if(ZER0_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(zer0_options INTERFACE ${sanitizers})
  target_link_options(zer0_options INTERFACE ${sanitizers})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(zer0_options INTERFACE -Wno-maybe-uninitialized)  # g++ 12 sees ghosts in instrumented <regex>
  endif()
endif()

# ccache takes -march=native literally, so the cache of one machine would serve another: what it stands for goes into the key.
find_program(ZER0_CCACHE ccache)
if(ZER0_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(native "${PROJECT_BINARY_DIR}/march_native.txt")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -march=native -E -dM -x c++ /dev/null OUTPUT_FILE "${native}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_EXTRAFILES=${native}" "${ZER0_CCACHE}")
endif()
