# A stand-in for Zephyr's package, for machines without Zephyr: it sets what prj.conf sets, adds the
# modules of ZEPHYR_EXTRA_MODULES, and links `app` with them and with STAND_IN.
project(zephyr_stand_in C)

file(STRINGS ${CMAKE_SOURCE_DIR}/prj.conf lines REGEX "^CONFIG_")
foreach(line ${lines})
  if(line MATCHES "^([A-Z0-9_]+)=(.*)$")
    set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  endif()
endforeach()

add_library(zephyr_interface INTERFACE)
function(zephyr_include_directories)
  target_include_directories(zephyr_interface INTERFACE ${ARGV})
endfunction()
function(zephyr_link_libraries)
  target_link_libraries(zephyr_interface INTERFACE ${ARGV})
endfunction()

add_library(app STATIC)
target_link_libraries(app PUBLIC zephyr_interface)
add_executable(zephyr ${STAND_IN})
target_link_libraries(zephyr PRIVATE app)

foreach(module ${ZEPHYR_EXTRA_MODULES})
  file(STRINGS ${module}/zephyr/module.yml place REGEX "^ +cmake: ")
  string(REGEX REPLACE "^ +cmake: *" "" place "${place}")
  get_filename_component(name ${module} NAME)
  add_subdirectory(${module}/${place} ${CMAKE_BINARY_DIR}/modules/${name})
endforeach()
