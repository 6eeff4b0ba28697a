# The programs of examples/, run as a user runs them.
add_dependencies(test_programs train)
target_compile_definitions(test_programs PRIVATE "ZER0_TRAIN=\"$<TARGET_FILE:train>\"")
