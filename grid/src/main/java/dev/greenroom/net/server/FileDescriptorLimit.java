package dev.greenroom.net.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// How many files and sockets this process may open.
public final class FileDescriptorLimit {
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
