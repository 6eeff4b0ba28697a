# What a user compiles gives no warning, whichever machine it is for: g++ 12 has false ones in its AVX-512 header, which code of
# zer0 must not meet. Of headers alone, as users of zer0::zer0 compile them.
get_target_property(eigen_dirs Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  foreach(machine native x86-64-v3 x86-64-v4)
    add_test(NAME source.warnings_${machine}
             COMMAND "${CMAKE_CXX_COMPILER}" -std=c++20 -fopenmp -O2 -march=${machine} -Wall -Wextra -Wshadow -Werror -I
                     "${PROJECT_SOURCE_DIR}/include" -isystem "${eigen_dirs}" -c "${PROJECT_SOURCE_DIR}/examples/pretrain_minimal.cpp"
                     -o "${CMAKE_CURRENT_BINARY_DIR}/warnings_${machine}.o")
    set_tests_properties(source.warnings_${machine} PROPERTIES LABELS slow)
  endforeach()
  # -march=native is one of the others, or nearly.
  set_tests_properties(source.warnings_native PROPERTIES LABELS full)
endif()
