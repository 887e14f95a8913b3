package dev.greenroom.net.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import dev.greenroom.net.http.RequestHead;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// How many connections a port takes at once. Safe for use by many threads.
public final class ConnectionLimits {
    /// Connections over the limit that are being refused at one time.
    static final int MAX_REFUSED_AT_ONCE = 64;

    /// Connections over the limit whose request is heard at one time, since it may ask for this server's
    /// health.
    static final int MAX_HEARD_AT_ONCE = 16;

    private final int total;
    private final int perAddress;
    private final Predicate<RequestHead> exempt;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger heard = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

    /// @param total in all, 1 or more
    /// @param perAddress from one address, 1 or more
    public ConnectionLimits(int total, int perAddress) {
        this(total, perAddress, _ -> false);
    }

    /// @param total in all, 1 or more
    /// @param perAddress from one address, 1 or more
    /// @param exempt what is answered to a few beyond these limits too: who asks whether this process is
    ///     well must not be told that it is not because it is busy
    public ConnectionLimits(int total, int perAddress, Predicate<RequestHead> exempt) {
        this.total = total;
        this.perAddress = perAddress;
        this.exempt = exempt;
    }

    /// How a connection is received.
    enum Entry {
        /// It is within the limits.
        WELCOME,
        /// It is not; only what is exempt from them is answered.
        HEARD,
        /// It is not, and so are too many others.
        REFUSED
    }

    /// Counts a connection, which has to be [#left] whatever the answer is.
    Entry entered(InetAddress address) {
        var here = byAddress.merge(address, 1, Integer::sum);
        if (open.incrementAndGet() <= total && here <= perAddress) {
            return Entry.WELCOME;
        }
        if (heard.incrementAndGet() <= MAX_HEARD_AT_ONCE) {
            return Entry.HEARD;
        }
        heard.decrementAndGet();
        return Entry.REFUSED;
    }

    /// Whether a request is answered although its connection is over the limit.
    boolean isExempt(RequestHead head) {
        return exempt.test(head);
    }

    /// Whether no more should be accepted for now, not even to be refused.
    boolean isCrowded() {
        return open.get() - MAX_REFUSED_AT_ONCE >= total;
    }

    void left(InetAddress address, Entry entry) {
        open.decrementAndGet();
        if (entry == Entry.HEARD) {
            heard.decrementAndGet();
        }
        byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
    }

    /// How many files and sockets this process may open.
    public static final class FileDescriptorLimit {
        /// Kept for Redis, logs, jars and connections that are only accepted to be refused.
        private static final int RESERVE = 200;

        private static final int PER_SESSION = 2;
        private static final Path LIMITS = Path.of("/proc/self/limits");
        private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files +(\\d+|unlimited) ");

        private FileDescriptorLimit() {}

        /// The connections that descriptors suffice for, both sides of a relay counted; at least 1.
        public static int connections() {
            var most = most();
            return most.isPresent()
                    ? Math.clamp((most.getAsLong() - RESERVE) / PER_SESSION, 1, Integer.MAX_VALUE)
                    : Integer.MAX_VALUE;
        }

        /// Empty where there is no limit, or none that is known. Linux has it in a file; to ask the JVM would
        /// be to load all that it knows of the machine, which every start would wait for.
        static OptionalLong most() {
            try {
                var found = OPEN_FILES.matcher(Files.readString(LIMITS));
                if (found.find()) {
                    return found.group(1).equals("unlimited")
                            ? OptionalLong.empty()
                            : OptionalLong.of(Long.parseLong(found.group(1)));
                }
            } catch (IOException _) {
                // Not Linux.
            }
            return ofJvm();
        }

        static OptionalLong ofJvm() {
            return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                    ? OptionalLong.of(unix.getMaxFileDescriptorCount())
                    : OptionalLong.empty();
        }
    }
}
