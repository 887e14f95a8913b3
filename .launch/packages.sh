# Installs packages of the distribution where that needs no question. Sourced by ./greenroom and ./check.

# Whether packages can be installed without asking: Debian or one of its children, and root.
may_install() {
    command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]
}

# Installs packages; the lists are only fetched where they are missing or old.
install_packages() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null && return
    apt-get update -qq </dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}
