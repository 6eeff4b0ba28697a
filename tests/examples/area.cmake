# The options of the programs are Boost's.
target_link_libraries(test_examples PRIVATE Boost::program_options)
