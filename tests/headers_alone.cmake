# Every header compiles on its own, twice in one file, without a warning: one small source each, built by the test
# `headers_alone` and not by default; those that users name also as users of zer0::compiled see them.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/include/*.hpp")
set(sources)
foreach(header ${headers})
  string(REGEX REPLACE "[/.]" "_" name "${header}")
  set(source "${CMAKE_CURRENT_BINARY_DIR}/headers_alone/${name}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include <${header}>\n#include <${header}>\n")
  list(APPEND sources "${source}")
endforeach()

set(public_sources ${sources})
list(FILTER public_sources EXCLUDE REGEX "_detail_")

foreach(way zer0 compiled)
  add_library(headers_alone_${way} OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(headers_alone_${way} PRIVATE zer0::${way})
  target_compile_options(headers_alone_${way} PRIVATE -O0 -Wall -Wextra -Wshadow -Werror)
  set(sources ${public_sources})
endforeach()
add_custom_target(headers_alone DEPENDS headers_alone_zer0 headers_alone_compiled)

set(keep_going)
if(CMAKE_GENERATOR STREQUAL "Ninja")
  set(keep_going -- -k 0)
endif()
add_test(NAME source.headers_alone COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}" --target headers_alone ${keep_going})
set_tests_properties(source.headers_alone PROPERTIES LABELS full RUN_SERIAL ON TIMEOUT 1800)
