# Compiles FILE twice: as it stands it must compile; with ZER0_WRONG it must fail and say what follows "// expect: ".
file(STRINGS "${FILE}" line LIMIT_COUNT 1 REGEX "^// expect: ")
string(REPLACE "// expect: " "" expected "${line}")
string(REPLACE "\\;" ";" expected "${expected}")  # file(STRINGS) escapes them

execute_process(COMMAND ${CXX} ${FLAGS} "${FILE}" RESULT_VARIABLE rc ERROR_VARIABLE err)
if(NOT rc EQUAL 0)
  message(FATAL_ERROR "the right half of ${FILE} does not compile:\n${err}")
endif()

execute_process(COMMAND ${CXX} ${FLAGS} -DZER0_WRONG "${FILE}" RESULT_VARIABLE rc ERROR_VARIABLE err)
string(FIND "${err}" "${expected}" at)
if(rc EQUAL 0 OR at EQUAL -1 OR expected STREQUAL "")
  message(FATAL_ERROR "wanted a failure that says \"${expected}\"; exit ${rc}, said:\n${err}")
endif()
