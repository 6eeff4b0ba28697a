# The programs of a user: one that the test runs, and PROGRAM, a whole training program, that it only builds; each with the
# headers alone, and with the library of what they need compiled.
foreach(way zer0 compiled)
  add_executable(smoke_${way} ../smoke.cpp)
  target_link_libraries(smoke_${way} PRIVATE zer0::${way})
  add_executable(program_${way} ${PROGRAM})
  target_link_libraries(program_${way} PRIVATE zer0::${way})
endforeach()
