# Three ways in which a user gets zer0: installed, embedded, and with nothing but a compiler.
set(ZER0_CONSUMER_PROGRAM "${PROJECT_SOURCE_DIR}/examples/pretrain_minimal.cpp" CACHE FILEPATH
    "The program that the install tests build")
set(program "${ZER0_CONSUMER_PROGRAM}")
if(NOT EXISTS "${program}")
  set(program "${CMAKE_CURRENT_LIST_DIR}/smoke.cpp")
endif()
get_target_property(eigen_dirs Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)

foreach(way find_package add_subdirectory plain)
  add_test(NAME install.${way} COMMAND "${CMAKE_COMMAND}" "-DWAY=${way}" "-DSOURCE=${PROJECT_SOURCE_DIR}"
           "-DBUILD=${PROJECT_BINARY_DIR}" "-DWORK=${CMAKE_CURRENT_BINARY_DIR}/install/${way}" "-DPROGRAM=${program}"
           "-DCXX=${CMAKE_CXX_COMPILER}" "-DEIGEN=${eigen_dirs}" "-DGENERATOR=${CMAKE_GENERATOR}"
           -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake")
  set_tests_properties(install.${way} PROPERTIES LABELS slow TIMEOUT 900)
endforeach()
