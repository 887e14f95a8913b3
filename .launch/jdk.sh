# Finds a JDK 25 or newer. Sourced by ./greenroom and ./check; plain POSIX shell.
#
# find_jdk sets JDK to the folder, or says in one sentence how to get one and returns 1. The version is read from the
# file `release`, which every JDK has, because starting each candidate would take a second.

jdk_needed=25

# Sets jdk_found to the first number of its version, or to nothing. Without a process for each candidate: every start
# waits for this.
jdk_major() {
    jdk_found=
    [ -r "$1/release" ] || return 0
    while read -r line || [ -n "$line" ]; do
        case $line in
            JAVA_VERSION=\"[0-9]*)
                jdk_found=${line#JAVA_VERSION=\"}
                jdk_found=${jdk_found%%[!0-9]*}
                ;;
        esac
    done <"$1/release"
}

# Whether a folder is a JDK (a compiler is needed to build) that is new enough.
jdk_fits() {
    [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
    jdk_major "$1"
    [ "${jdk_found:-0}" -ge "$jdk_needed" ]
}

# The folder behind the java on the PATH, links resolved.
jdk_on_path() {
    java=$(command -v java) || return 0
    while [ -L "$java" ]; do
        target=$(readlink "$java")
        case $target in
            /*) java=$target ;;
            *) java=${java%/*}/$target ;;
        esac
    done
    java=${java%/*}
    echo "${java%/*}"
}

# The usual folders: exactly the version that is needed first, then anything newer.
jdk_in_usual_folders() {
    newer=
    user=${HOME:-/nonexistent}
    for folder in \
        /usr/lib/jvm/* /usr/java/* /opt/* /opt/*/* \
        "${SDKMAN_DIR:-$user/.sdkman}"/candidates/java/* "$user"/.jdks/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$user"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        /home/linuxbrew/.linuxbrew/opt/openjdk*/libexec; do
        jdk_fits "$folder" || continue
        if [ "$jdk_found" -eq "$jdk_needed" ]; then
            echo "$folder"
            return
        fi
        newer=${newer:-$folder}
    done
    echo "$newer"
}

find_jdk() {
    JDK=${GREENROOM_JAVA_HOME:-}
    if [ -n "$JDK" ]; then
        jdk_fits "$JDK" && return
        echo "greenroom: GREENROOM_JAVA_HOME=$JDK is not a JDK $jdk_needed or newer." >&2
        return 1
    fi
    for JDK in "${JAVA_HOME:-}" "$(jdk_on_path)"; do
        jdk_fits "$JDK" && return
    done
    JDK=$(jdk_in_usual_folders)
    [ -n "$JDK" ] && return
    echo "greenroom: no JDK $jdk_needed or newer was found; install one, for example Eclipse Temurin $jdk_needed," \
        "or name its folder in GREENROOM_JAVA_HOME." >&2
    return 1
}
