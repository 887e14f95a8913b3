# How the JVM is started. Sourced by ./greenroom and by the container images, so that both run the same program.

# The serial collector needs half the memory of the default one for the same work, the pooled allocator a fifth less CPU
# for large messages; a process that ran out of memory had better be started anew. The other two are for Netty.
jvm_flags="-XX:MaxDirectMemorySize=512m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dio.netty.allocator.type=pooled"

# The heap of a command; the bytes of sessions are outside of it.
jvm_heap() {
    case $1 in
        up) echo 256m ;;
        *) echo 128m ;;
    esac
}
