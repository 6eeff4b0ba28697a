# Three ways in which a user gets zer0: installed, embedded, and with nothing but a compiler.
set(ZER0_CONSUMER_PROGRAM "${PROJECT_SOURCE_DIR}/examples/pretrain_minimal.cpp" CACHE FILEPATH
    "The program that the install tests build")
set(program "${ZER0_CONSUMER_PROGRAM}")
get_target_property(eigen_dirs Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)

# Those of zer0::compiled in this build.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}")
if(ZER0_NATIVE)
  string(APPEND flags " -march=native")
endif()

# zer0_add_install_test(NAME WAY COMPILED LABEL): the last but one, whether zer0::compiled is used too.
function(zer0_add_install_test name way compiled label)
  add_test(NAME install.${name} COMMAND "${CMAKE_COMMAND}" "-DWAY=${way}" "-DCOMPILED=${compiled}"
           "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DBUILD=${PROJECT_BINARY_DIR}"
           "-DWORK=${CMAKE_CURRENT_BINARY_DIR}/install/${name}" "-DPROGRAM=${program}" "-DCXX=${CMAKE_CXX_COMPILER}"
           "-DEIGEN=${eigen_dirs}" "-DFLAGS=${flags}" "-DGENERATOR=${CMAKE_GENERATOR}" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake")
  set_tests_properties(install.${name} PROPERTIES LABELS ${label} TIMEOUT 900)
endfunction()
zer0_add_install_test(find_package find_package ON slow)
zer0_add_install_test(add_subdirectory add_subdirectory OFF slow)
zer0_add_install_test(add_subdirectory_compiled add_subdirectory ON full)
zer0_add_install_test(plain plain OFF slow)
