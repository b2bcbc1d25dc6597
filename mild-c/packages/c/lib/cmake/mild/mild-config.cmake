# The target mild::mild: the static library of one core, and the header.
#
#   set(MILD_CORE cortex-m4-hard)
#   find_package(mild REQUIRED)
#   target_link_libraries(firmware mild::mild)
#
# MILD_CORE names a folder of lib/. Without it, and without cross-compiling, it is the host's.
get_filename_component(_mild_root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
file(GLOB _mild_cores RELATIVE "${_mild_root}/lib" "${_mild_root}/lib/*/libmild.a")
string(REPLACE "/libmild.a" "" _mild_cores "${_mild_cores}")
list(JOIN _mild_cores ", " _mild_cores)

if(MILD_CORE)
  set(_mild_core "${MILD_CORE}")
elseif(CMAKE_CROSSCOMPILING)
  set(mild_FOUND FALSE)
  set(mild_NOT_FOUND_MESSAGE
    "MILD_CORE is not set; set it before find_package(mild) to one of: ${_mild_cores}")
  return()
else()
  set(_mild_core "@HOST@")
endif()

set(_mild_library "${_mild_root}/lib/${_mild_core}/libmild.a")
if(NOT EXISTS "${_mild_library}")
  set(mild_FOUND FALSE)
  set(mild_NOT_FOUND_MESSAGE
    "there is no library for MILD_CORE=${_mild_core}; expected one of: ${_mild_cores}")
  return()
endif()

if(NOT TARGET mild::mild)
  add_library(mild::mild STATIC IMPORTED)
  set_target_properties(mild::mild PROPERTIES
    IMPORTED_LOCATION "${_mild_library}"
    INTERFACE_INCLUDE_DIRECTORIES "${_mild_root}/include")
endif()
