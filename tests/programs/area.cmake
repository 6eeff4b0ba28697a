# The programs of examples/, run as a user runs them.
add_dependencies(test_programs train eval tokenizer)
target_compile_definitions(test_programs PRIVATE "ZER0_TRAIN=\"$<TARGET_FILE:train>\"" "ZER0_EVAL=\"$<TARGET_FILE:eval>\""
                           "ZER0_TOKENIZER=\"$<TARGET_FILE:tokenizer>\"")
