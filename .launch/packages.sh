# Installs packages of the distribution where that needs no question. Sourced by ./greenroom and ./check.

# Whether packages can be installed without asking: Debian or one of its children, and root.
may_install() {
    command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]
}

# Installs packages, or newer versions of them. The lists are fetched first: old ones offer old browsers, with holes that
# are known. Where they cannot be fetched, what the old ones offer has to do.
install_packages() {
    apt-get update -qq </dev/null || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}
