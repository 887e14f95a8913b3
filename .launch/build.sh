# Builds the jar when there is none or its sources are newer. Sourced by ./greenroom, with home, JDK and jvm_flags set.

jar=$home/grid/target/greenroom.jar
rehearsal=$home/rehearsal/target/rehearsal.jar
natives=$home/grid/target/lib/native
aot_cache=$home/grid/target/greenroom.aot
build_log=$home/grid/target/build.log
build_lock=$home/grid/target/.building

# The sources of tests are left out: they do not end up in the jar. Folders count, so that a removed file is noticed.
is_built() {
    [ -f "$jar" ] || return 1
    [ -d "$home/grid/src/main" ] || return 0
    [ -z "$(find "$home/grid/src/main" "$home/rehearsal/src/main" "$home/pom.xml" "$home/grid/pom.xml" \
        "$home/rehearsal/pom.xml" -newer "$jar" 2>/dev/null | head -n 1)" ]
}

find_maven() {
    command -v mvn >/dev/null 2>&1 && return
    if may_install; then
        echo "greenroom: installing Maven, which builds it" >&2
        install_packages maven >>"$build_log" 2>&1 && command -v mvn >/dev/null 2>&1 && return
    fi
    echo "greenroom: Maven is needed to build it; install the package maven, so that mvn is on the PATH." >&2
    return 1
}

# Several commands that are started at once build once. Who died while building has no claim any more, nor has a lock
# without a name after ten seconds.
take_build_lock() {
    nameless=0
    until mkdir "$build_lock" 2>/dev/null; do
        builder=$(cat "$build_lock/pid" 2>/dev/null || true)
        [ -n "$builder" ] || nameless=$((nameless + 1))
        if [ "$nameless" -gt 10 ] || { [ -n "$builder" ] && ! kill -0 "$builder" 2>/dev/null; }; then
            rm -rf "$build_lock"
        else
            sleep 1
        fi
    done
    echo $$ >"$build_lock/pid"
    trap 'rm -rf "$build_lock"' EXIT
    trap 'stop_build; exit 130' INT
    trap 'stop_build; exit 143' TERM
}

stop_build() {
    [ -z "${builder_pid:-}" ] || kill "$builder_pid" 2>/dev/null || true
}

free_build_lock() {
    trap - EXIT INT TERM
    rm -rf "$build_lock"
}

# One line that counts seconds on a terminal, a line at the beginning and the end elsewhere.
show_progress() {
    if [ -t 2 ]; then
        printf '\r%s … %s s' "$1" "$2" >&2
    elif [ "$2" -eq 0 ]; then
        echo "$1 …" >&2
    fi
}

run_build() {
    what="Building Greenroom (first start only)"
    [ ! -f "$jar" ] || what="Building Greenroom (its sources changed)"
    (cd "$home" && JAVA_HOME=$JDK exec mvn -B -ntp -pl grid,rehearsal -am -Dmaven.test.skip=true -Dspotless.skip=true package) \
        </dev/null >>"$build_log" 2>&1 &
    builder_pid=$!
    seconds=0
    while kill -0 "$builder_pid" 2>/dev/null; do
        show_progress "$what" "$seconds"
        sleep 1
        seconds=$((seconds + 1))
    done
    [ ! -t 2 ] || echo >&2
    wait "$builder_pid"
}

# Whether the cache belongs to the jar, which Maven may have built without us. One that could not be made is empty.
is_rehearsed() {
    [ -f "$aot_cache" ] && [ ! "$jar" -nt "$aot_cache" ]
}

# Fills the AOT cache, with which a start takes half the time. Without it everything works all the same. The JVM takes a
# cache only for the class path that it was made with, so starts name the rehearsal's jar as well.
rehearse() {
    [ ! -t 2 ] || printf 'Preparing fast starts …\n' >&2
    rm -f "$aot_cache"
    "$JDK/bin/java" -Xmx$(jvm_heap proxy) $jvm_flags -Djava.library.path="$natives" -XX:AOTCacheOutput="$aot_cache" \
        -cp "$jar:$rehearsal" dev.greenroom.rehearsal.Rehearsal </dev/null >>"$build_log" 2>&1 || rm -f "$aot_cache"
    [ -f "$aot_cache" ] || {
        : >"$aot_cache"
        [ ! -t 2 ] || echo "greenroom: fast starts could not be prepared; $build_log says why" >&2
    }
}

# What went wrong, without Maven's advice on itself.
show_failure() {
    if grep -q '^\[ERROR\]' "$build_log"; then
        grep '^\[ERROR\] .*[^ ]' "$build_log" | grep -v -e 'Re-run Maven' -e '\[Help 1\]' -e 'For more information' \
            -e 'To see the full' -e 'After correcting' -e 'mvn <args>' |
            head -n 20
    else
        tail -n 20 "$build_log"
    fi
}

build_if_needed() {
    if is_built && { is_rehearsed || [ ! -w "$home/grid/target" ]; }; then
        return
    fi
    mkdir -p "$home/grid/target" 2>/dev/null || {
        echo "greenroom: $home/grid/target cannot be written, so it cannot be built here." >&2
        return 1
    }
    take_build_lock
    if ! is_built; then
        : >"$build_log"
        find_maven || return 1
        if ! run_build; then
            show_failure >&2
            echo "greenroom: the build failed; all of its output is in $build_log" >&2
            return 1
        fi
        # Maven leaves the jar alone when only its description changed.
        touch "$jar"
        [ -t 2 ] || echo "Built in $seconds s." >&2
    fi
    is_rehearsed || rehearse
    free_build_lock
}
