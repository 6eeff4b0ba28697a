# The demo's measures on what it has not seen: minutes of training. Its half size answers a few questions less.
if(ZER0_BUILD_EXAMPLES)
  foreach(size half full)
    add_test(NAME demo.${size}
             COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DPROGRAMS=$<TARGET_FILE_DIR:train>" -DSIZE=${size}
                     "-DWORK=${CMAKE_CURRENT_BINARY_DIR}/demo_${size}" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake")
    set_tests_properties(demo.${size} PROPERTIES LABELS slow RUN_SERIAL ON TIMEOUT 3600)
  endforeach()
  set_tests_properties(demo.full PROPERTIES LABELS full)
endif()
