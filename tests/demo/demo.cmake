# The demo's measures on what it has not seen: minutes of training.
if(ZER0_BUILD_EXAMPLES)
  add_test(NAME demo COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DPROGRAMS=$<TARGET_FILE_DIR:train>"
                             "-DWORK=${CMAKE_CURRENT_BINARY_DIR}/demo" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake")
  set_tests_properties(demo PROPERTIES LABELS slow RUN_SERIAL ON TIMEOUT 3600)
endif()
