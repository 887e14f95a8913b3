package dev.greenroom.net.server;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.greenroom.net.http.RequestHead;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Limits on the concurrent connections of a port, in total and per client address. Thread-safe.
public final class ConnectionLimits {
    /// Maximum number of connections over the limit that are being refused concurrently.
    static final int MAX_REFUSED_AT_ONCE = 64;

    /// Maximum number of connections over the limit whose request is read, since it may be a health
    /// check.
    static final int MAX_HEALTH_CHECKS_AT_ONCE = 16;

    private final int total;
    private final int perAddress;
    private final Predicate<RequestHead> exempt;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger healthChecks = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

    /// @param total connections, 1 or more
    /// @param perAddress connections from one client address, 1 or more
    public ConnectionLimits(int total, int perAddress) {
        this(total, perAddress, _ -> false);
    }

    /// @param total connections, 1 or more
    /// @param perAddress connections from one client address, 1 or more
    /// @param exempt requests that are served beyond these limits, a few at a time: a health check must
    ///     not fail because the process is busy
    public ConnectionLimits(int total, int perAddress, Predicate<RequestHead> exempt) {
        this.total = total;
        this.perAddress = perAddress;
        this.exempt = exempt;
    }

    /// How a new connection is treated.
    enum Entry {
        /// Within the limits.
        ADMITTED,
        /// Over a limit; only exempt requests are served.
        HEALTH_CHECKS_ONLY,
        /// Over a limit, and so are too many others; refused at once.
        REFUSED
    }

    /// Counts a new connection. The caller must call [#closed] later, whatever the result is.
    Entry opened(InetAddress address) {
        var here = byAddress.merge(address, 1, Integer::sum);
        if (open.incrementAndGet() <= total && here <= perAddress) {
            return Entry.ADMITTED;
        }
        if (healthChecks.incrementAndGet() <= MAX_HEALTH_CHECKS_AT_ONCE) {
            return Entry.HEALTH_CHECKS_ONLY;
        }
        healthChecks.decrementAndGet();
        return Entry.REFUSED;
    }

    /// Whether a request is served although its connection is over a limit.
    boolean isExempt(RequestHead head) {
        return exempt.test(head);
    }

    /// Whether the port should accept no further connections for now, not even to refuse them.
    boolean isCrowded() {
        return open.get() - MAX_REFUSED_AT_ONCE >= total;
    }

    /// Stops counting a connection.
    void closed(InetAddress address, Entry entry) {
        open.decrementAndGet();
        if (entry == Entry.HEALTH_CHECKS_ONLY) {
            healthChecks.decrementAndGet();
        }
        byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
    }

    /// The number of files and sockets that this process may open.
    public static final class FileDescriptorLimit {
        /// Reserved for Redis, logs, jars and connections that are accepted only to be refused.
        private static final int RESERVE = 200;

        private static final int PER_SESSION = 2;
        private static final Path LIMITS = Path.of("/proc/self/limits");
        private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files +(\\d+|unlimited) ");

        private FileDescriptorLimit() {}

        /// The number of client connections for which the descriptors suffice, with one more for the
        /// other side of each relay; at least 1.
        public static int connections() {
            var most = most();
            return most.isPresent()
                    ? Math.clamp((most.getAsLong() - RESERVE) / PER_SESSION, 1, Integer.MAX_VALUE)
                    : Integer.MAX_VALUE;
        }

        /// The limit of this process; empty where there is none or it is unknown. Reads it from `/proc`
        /// on Linux, which is faster at start-up than the JVM's management beans.
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
