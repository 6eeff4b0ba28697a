# One test for each file of this folder.
get_target_property(eigen_dirs Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
# Of headers alone the declarations, as what fails does so in these.
set(flags -std=c++20 -fsyntax-only -DZER0_COMPILED -I "${PROJECT_SOURCE_DIR}/include")
foreach(dir ${eigen_dirs})
  list(APPEND flags -isystem "${dir}")
endforeach()

file(GLOB cases CONFIGURE_DEPENDS compile_fail/*.cpp)
foreach(case ${cases})
  cmake_path(GET case STEM name)
  add_test(NAME compile_fail.${name} COMMAND "${CMAKE_COMMAND}" "-DCXX=${CMAKE_CXX_COMPILER}" "-DFLAGS=${flags}"
                                             "-DFILE=${case}" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake")
endforeach()
