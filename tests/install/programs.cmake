# Two programs of a user: one that the test runs, and PROGRAM, a whole training program, that it only builds.
add_executable(smoke ../smoke.cpp)
target_link_libraries(smoke PRIVATE zer0::zer0)
add_executable(program ${PROGRAM})
target_link_libraries(program PRIVATE zer0::zer0)
