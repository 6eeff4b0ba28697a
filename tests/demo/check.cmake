# Runs scripts/demo_steps.sh in the folder WORK with the programs in PROGRAMS, and looks at what it measures.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND bash "${SOURCE}/scripts/demo_steps.sh" "${PROGRAMS}" "${WORK}" RESULT_VARIABLE rc
                OUTPUT_VARIABLE out ERROR_VARIABLE err ECHO_OUTPUT_VARIABLE)
if(NOT rc EQUAL 0)
  message(FATAL_ERROR "demo_steps.sh ends with ${rc}:\n${err}")
endif()

# The numbers behind a word, in the order in which they are printed.
function(numbers_of word count result)
  string(REGEX MATCHALL "\n${word} [0-9.]+" lines "${out}")
  string(REPLACE "\n${word} " "" lines "${lines}")
  list(LENGTH lines found)
  if(NOT found EQUAL count)
    message(FATAL_ERROR "\"${word}\" is printed ${found} times, not ${count}")
  endif()
  set(${result} "${lines}" PARENT_SCOPE)
endfunction()

function(expect what value relation bound)
  if(NOT value ${relation} bound)
    message(FATAL_ERROR "${what} is ${value}; it must be ${relation} ${bound}")
  endif()
endfunction()

numbers_of("perplexity" 1 perplexity)
numbers_of("exact match" 1 exact)
expect("perplexity of held-out texts" ${perplexity} LESS 2)
expect("exact match after SFT, percent of unseen questions" ${exact} GREATER_EQUAL 90)
if(NOT out MATCHES "A cow says moo, and a duck says quack\\.")
  message(FATAL_ERROR "the question of the cow and the duck is not answered")
endif()
message(STATUS "perplexity ${perplexity}; exact match ${exact} %")
