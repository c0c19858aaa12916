#!/usr/bin/env bash
# The kernels and the golden bits on 64-bit ARM: natively where this is one, else emulated on Debian or Ubuntu.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# ---- What is run. Other processes may be started: "$folder/python" is an interpreter like any other. -----------------
TESTS=(
  tests/check/test_bits.py::test_the_golden_bits_are_reached
  tests/kernels/test_activations.py
  tests/kernels/test_against_reference.py
  tests/kernels/test_golden.py
  tests/kernels/test_gru.py
  tests/kernels/test_memory.py
  tests/kernels/test_products.py
  tests/kernels/test_subnormals.py
  tests/kernels/test_suffix.py
  tests/kernels/test_team.py
  tests/kernels/test_threads.py
)
# ----------------------------------------------------------------------------------------------------------------------

# What the tests need besides clearlstm's own dependencies, by its name in pyproject.toml's group "test".
TEST_TOOLS="hypothesis mpmath pytest pytest-xdist"

usage() {
  cat << 'USAGE'
usage: scripts/check_arm.sh [--folder DIR] [--sources FILE] [--all | -- PYTEST_ARGUMENT ...]

  --folder DIR     where all that is downloaded, unpacked and compiled is kept for the next run
                   (else CLEARLSTM_ARM_FOLDER, else .arm beside pyproject.toml)
  --sources FILE   apt's list of sources (.list or .sources), where the system's own have no arm64 packages, as
                   Ubuntu's; it must name sources for this machine's packages too if qemu is not installed
  --all            the whole test suite, but for torch, the browser and the accuracy benchmark (an hour or more)
  -- ARGUMENT ...  what pytest is to be called with, instead of the golden bits and the kernels' tests

Neither root nor binfmt is needed, and nothing of the system is changed. To start anew, remove the folder.
What it makes is an interpreter like any other: .arm/python -c 'import platform; print(platform.machine())'.
USAGE
}

say() { echo "arm: $*"; }

fail() {
  echo "arm: $*" >&2
  exit 2
}

read_arguments() {
  folder=${CLEARLSTM_ARM_FOLDER:-$repository/.arm}
  sources=
  chosen=("${TESTS[@]}")
  while [ $# -gt 0 ]; do
    case $1 in
      --folder | --sources)
        [ $# -ge 2 ] || fail "$1 needs a value; see --help"
        if [ "$1" = --folder ]; then folder=$2; else sources=$(realpath -- "$2"); fi
        shift 2
        ;;
      --all)
        chosen=(-m "not torch and not browser and not accuracy")
        shift
        ;;
      --)
        shift
        chosen=("$@")
        break
        ;;
      -h | --help)
        usage
        exit
        ;;
      *) fail "$1 is not known; see --help" ;;
    esac
  done
}

# This machine's own Python, with pip: the one of `make`, else PYTHON, else python3.
find_python() {
  host_python=$repository/.venv/bin/python
  [ -x "$host_python" ] || host_python=${PYTHON:-python3}
  "$host_python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null ||
    fail "$host_python is no Python 3.11 or newer with pip; make one: make .venv/.installed-dev"
}

# apt with a state of its own in the folder: the system's stays as it is, and nobody has to be root.
private_apt() {
  apt-get --config-file "$folder/apt/apt.conf" "$@"
}

write_apt_configuration() {
  mkdir -p "$folder"/apt/state/lists/partial "$folder"/apt/cache/archives/partial
  : > "$folder/apt/status"
  cat > "$folder/apt/apt.conf" << EOF_APT
Dir::State "$folder/apt/state";
Dir::State::status "$folder/apt/status"; // nothing is installed: every library is fetched
Dir::Cache "$folder/apt/cache";
${sources:+Dir::Etc::sourcelist "$sources"; Dir::Etc::sourceparts "-";}
APT::Architecture "arm64";
#clear APT::Architectures;
APT::Architectures { "arm64"; "$(dpkg --print-architecture)"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root"; // no user of apt's own, who may not write to the folder
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
EOF_APT
}

# Python for arm64 and all libraries that it needs, as a tree of files.
unpack_root() {
  [ ! -e "$folder/root/.complete" ] || return 0
  command -v apt-get > /dev/null || fail "this needs apt, of Debian or Ubuntu"
  say "fetching Python for arm64 and its libraries"
  rm -rf "$folder/root" "$folder/site"
  write_apt_configuration
  private_apt update -qq
  private_apt install -qq --download-only --yes python3 libstdc++6 > /dev/null
  local package
  for package in "$folder"/apt/cache/archives/*_{arm64,all}.deb; do
    dpkg -x "$package" "$folder/root"
  done
  touch "$folder/root/.complete"
}

unpacked_emulator() {
  local file
  for file in "$folder"/qemu-aarch64-static "$folder"/qemu-aarch64; do
    [ ! -x "$file" ] || { echo "$file" && return; }
  done
  return 1
}

# The emulator: the system's, else the one file of Debian's package that is needed.
find_emulator() {
  emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
  [ -z "$emulator" ] || return 0
  if ! emulator=$(unpacked_emulator); then
    say "fetching the emulator"
    local package
    for package in qemu-user-static qemu-user; do # newer releases have it in the second
      (cd "$folder/apt" && private_apt download -qq "$package:$(dpkg --print-architecture)" > /dev/null)
      dpkg-deb --fsys-tarfile "$folder"/apt/"$package"_*.deb |
        tar -x -C "$folder" --strip-components=3 ./usr/bin/qemu-aarch64-static ./usr/bin/qemu-aarch64 2> /dev/null ||
        true # each package has one of the two
      rm "$folder"/apt/"$package"_*.deb
      emulator=$(unpacked_emulator) && break
    done
  fi
  [ -x "$emulator" ] || fail "no qemu-aarch64 to be had from the packages qemu-user-static and qemu-user"
}

# What pyproject.toml asks for: clearlstm's dependencies, and the tools of the tests.
requirements() {
  "$host_python" - "$repository/pyproject.toml" "$TEST_TOOLS" << 'PY'
import re
import sys
import tomllib

with open(sys.argv[1], "rb") as file:
    project = tomllib.load(file)
named = {re.match(r"[\w.-]+", line)[0]: line for line in project["dependency-groups"]["test"]}
print(*project["project"]["dependencies"], *(named[name] for name in sys.argv[2].split()), sep="\n")
PY
}

# Wheels for ARM, beside each other in one folder.
install_wheels() {
  local wanted
  wanted=$(requirements)
  [ "$wanted" != "$(cat "$folder/site/.complete" 2> /dev/null)" ] || return 0
  say "fetching wheels for Python $version on ARM"
  rm -rf "$folder/site"
  # shellcheck disable=SC2086 # one argument a requirement: they have no spaces
  "$host_python" -m pip install -qq --no-warn-conflicts --no-compile --target "$folder/site" \
    --python-version "$version" --only-binary=:all: \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 $wanted
  echo "$wanted" > "$folder/site/.complete"
}

# An interpreter that can be called like any other, by itself too: nothing of the host's Python is seen (-S).
write_interpreter() {
  cat > "$folder/python" << EOF_PYTHON
#!/usr/bin/env bash
unset PYTHONHOME LD_LIBRARY_PATH LD_PRELOAD NUMBA_CPU_NAME NUMBA_CPU_FEATURES OPENBLAS_CORETYPE
export CLEARLSTM_CACHE_DIR=\${CLEARLSTM_CACHE_DIR:-$(printf %q "$folder/kernels")}
export PYTHONPATH=\${PYTHONPATH:+\$PYTHONPATH:}$(printf %q "$repository/src:$folder/site")
exec $(printf '%q ' "$emulator" -L "$folder/root" -0 "$folder/python" "$folder/root/usr/bin/python$version") -S "\$@"
EOF_PYTHON
  chmod +x "$folder/python"
}

# The warnings are false ones of NumPy's BLAS on ARM, where the reference multiplies ordinary numbers.
# Workers share the compiled kernels; each computes with one thread, since two that wait for each other crawl on one core.
run_tests() {
  local status=0 workers false_alarms=() what
  for what in "divide by zero" overflow "invalid value"; do
    false_alarms+=(-W "ignore:$what encountered in matmul:RuntimeWarning")
  done
  workers=$(getconf _NPROCESSORS_ONLN)
  [ "$workers" -le 4 ] || workers=4
  say "$("$interpreter" -c 'import platform, numba, numpy; print(
    platform.machine(), "Python", platform.python_version(), "numpy", numpy.__version__, "numba", numba.__version__)')"
  cd "$repository"
  CLEARLSTM_NUM_THREADS=${CLEARLSTM_NUM_THREADS:-1} \
    "$interpreter" -m pytest -p no:cacheprovider --numprocesses "$workers" \
    "${false_alarms[@]}" "${chosen[@]}" || status=$?
  if [ "$status" -eq 0 ]; then say "all right, in $SECONDS s"; else say "FAILED (pytest's exit code is $status)"; fi
  return "$status"
}

main() {
  read_arguments "$@"
  find_python
  if [[ $(uname -m) == aarch64 || $(uname -m) == arm64 ]]; then
    say "this is an ARM machine: nothing need be emulated"
    interpreter=$host_python
  else
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    unpack_root
    version=$(basename "$folder"/root/usr/bin/python3.*[0-9])
    version=${version#python}
    find_emulator
    install_wheels
    write_interpreter
    interpreter=$folder/python
  fi
  run_tests
}

main "$@"
