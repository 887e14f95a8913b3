# How the JVM is started. Sourced by ./greenroom and by the container images, so that both run the same program.

# The serial collector needs half the memory of the default one for the same work, the pooled allocator a fifth less CPU
# for large messages; a process that ran out of memory had better be started anew. Sessions that last are old, so the
# young generation may be small: what it takes is taken at rest, too. What the C library keeps of memory that the
# compiler has freed goes back to the system every ten seconds, in a millisecond (decision 0039). Flight recorder events
# of libraries that nobody records, and reflection that is prepared for many calls and has few, cost a quarter of every
# start each (decision 0030). Netty's search for leaks takes a fiftieth of a connect, and is done by the tests.
jvm_flags="-XX:MaxDirectMemorySize=512m -XX:+UseSerialGC -XX:MaxNewSize=12m -XX:+ExitOnOutOfMemoryError
    -Dio.lettuce.core.jfr=false -Dio.netty.jfr.enabled=false -Djdk.reflect.useNativeAccessorOnly=true
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dio.netty.allocator.type=pooled
    -Dio.netty.leakDetection.level=disabled"
case $(uname -s) in
    Linux) jvm_flags="$jvm_flags -XX:TrimNativeHeapInterval=10000" ;;
esac

# With an AOT cache: what it says about code that was worth compiling is not acted upon. The compiler would take its
# share of the cores while the start needs them, a quarter of the time (decision 0030). Not for every JVM.
jvm_cache_flags="-XX:+IgnoreUnrecognizedVMOptions -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining"

# The heap of a command; the bytes of sessions are outside of it. A session takes up to 12 KB, and a proxy takes 20,000
# connections unless it is told otherwise; what no session needs is not touched.
jvm_heap() {
    case $1 in
        worker) echo 128m ;;
        *) echo 256m ;;
    esac
}
