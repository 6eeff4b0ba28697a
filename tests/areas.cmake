# How tests/CMakeLists.txt finds the folders that hold tests, and what it makes of one. What only one of them needs, a
# library or a program, is said in its area.cmake.

# The folders, relative to tests/ and at any depth, that hold tests.
function(zer0_find_areas result)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "*/*.cpp")
  list(FILTER files EXCLUDE REGEX "^(support|compile_fail|install|interop|fuzz|cuda|cuda_on_cpu|gpu)/")
  if(NOT ZER0_BUILD_EXAMPLES)
    list(FILTER files EXCLUDE REGEX "^programs/")
  endif()
  # Under the sanitizers what handles memory and input: text, data, files, devices, layers. Whole models run the same code
  # again, and take a third of the build.
  if(ZER0_SANITIZE AND NOT ZER0_TEST_FULL)
    list(FILTER files EXCLUDE REGEX "^(golden|family|model|moe|recipe|generate|optim|loss)/")
  endif()
  set(areas)
  foreach(file ${files})
    cmake_path(GET file PARENT_PATH area)
    list(APPEND areas "${area}")
  endforeach()
  list(REMOVE_DUPLICATES areas)
  set(${result} ${areas} PARENT_SCOPE)
endfunction()

function(zer0_add_entry name program filter label timeout)
  set(none_is_a_failure)
  if(Catch2_VERSION VERSION_LESS 3)
    set(none_is_a_failure -w NoTests)  # what version 3 does anyway
  endif()
  add_test(NAME ${name} COMMAND ${program} "-#" "${filter}" ${none_is_a_failure})
  # Threads that spin while they wait make several tests at once crawl.
  set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT ${timeout}
                                          ENVIRONMENT "OMP_NUM_THREADS=2;OMP_WAIT_POLICY=PASSIVE")
endfunction()

function(zer0_add_area area)
  string(REPLACE "/" "_" name "${area}")
  file(GLOB files CONFIGURE_DEPENDS "${area}/*.cpp")
  add_executable(test_${name} ${files})
  target_link_libraries(test_${name} PRIVATE zer0_test_main zer0_test_options)
  target_precompile_headers(test_${name} REUSE_FROM zer0_test_main)
  include("${area}/area.cmake" OPTIONAL)
  # Which entries a file needs depends on its text.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  foreach(file ${files})
    cmake_path(GET file STEM stem)
    file(READ "${file}" text)
    string(REGEX MATCHALL "TEST_CASE[A-Z_]*\\(" cases "${text}")
    string(REGEX MATCHALL "\\[slow\\][^\n]*\"" slow_cases "${text}")
    list(LENGTH cases n_cases)
    list(LENGTH slow_cases n_slow)
    if(n_cases GREATER n_slow)
      zer0_add_entry(${name}.${stem} test_${name} "[#${stem}]~[slow]" "fast" 600)
    endif()
    if(n_slow GREATER 0)
      zer0_add_entry(${name}.${stem}.slow test_${name} "[#${stem}][slow]" "slow" 1800)
    endif()
  endforeach()
endfunction()
