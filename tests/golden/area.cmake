# What the program golden_check is made of.
target_link_libraries(test_golden PRIVATE zer0_golden_check)
