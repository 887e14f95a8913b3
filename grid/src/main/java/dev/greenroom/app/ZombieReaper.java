package dev.greenroom.app;

import dev.greenroom.schedule.PeriodicTask;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reaps orphaned processes where Greenroom is process 1 (a container without an init). The kernel makes
/// process 1 the parent of every orphan; a killed browser leaves four. The JVM waits for its own children
/// only, so the others would stay as zombies and use up the process limit.
///
/// Children of the JVM itself are not reaped here, or the JVM would not get their exit codes.
final class ZombieReaper {
    private static final Logger LOG = LoggerFactory.getLogger(ZombieReaper.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Path PROC = Path.of("/proc");

    /// The prefix of the names of the JDK's threads that wait for a child.
    private static final String OWN_CHILD = "process reaper (pid ";

    private static final int WNOHANG = 1;

    private final long self;
    private final MethodHandle waitpid;

    /// Zombies of the previous run. One that the JVM started is gone by the next run, since a thread of
    /// the JDK waits for it.
    private Set<Long> seen = Set.of();

    private ZombieReaper(long self, MethodHandle waitpid) {
        this.self = self;
        this.waitpid = waitpid;
    }

    /// Starts to reap if this process is process 1. Logs a warning if it cannot.
    ///
    /// @return empty if there is nothing to reap, or it cannot
    static Optional<PeriodicTask> startAsProcessOne() {
        var self = ProcessHandle.current().pid();
        if (self != 1 || !Files.isReadable(PROC.resolve("self/stat"))) {
            return Optional.empty();
        }
        try {
            var reaper = new ZombieReaper(self, waitpid());
            LOG.atDebug().addKeyValue("code", "PROCESS_ONE").log("This is process 1: orphaned processes are reaped");
            return Optional.of(PeriodicTask.every(INTERVAL, "zombie-reaper", reaper::reap));
        } catch (RuntimeException | LinkageError e) {
            LOG.atWarn()
                    .addKeyValue("code", "PROCESS_ONE")
                    .setCause(e)
                    .log("This is process 1 and cannot reap orphaned processes; start it under an init, such as tini or"
                            + " `docker run --init`");
            return Optional.empty();
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle waitpid() {
        var linker = Linker.nativeLinker();
        var address =
                linker.defaultLookup().find("waitpid").orElseThrow(() -> new UnsupportedOperationException("waitpid"));
        return linker.downcallHandle(
                address,
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    }

    private void reap() {
        var zombies = zombies();
        var old = new HashSet<>(zombies);
        old.retainAll(seen);
        seen = zombies;
        if (old.isEmpty()) {
            return;
        }
        var own = childrenOfTheJvm();
        old.stream().filter(pid -> !own.contains(pid)).forEach(this::collect);
    }

    private void collect(long pid) {
        try {
            var _ = (int) waitpid.invokeExact((int) pid, MemorySegment.NULL, WNOHANG);
        } catch (Throwable e) {
            throw new IllegalStateException("waitpid failed", e);
        }
    }

    /// Zombies whose parent is this process.
    private Set<Long> zombies() {
        var zombies = new HashSet<Long>();
        try (var folders = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (var folder : folders) {
                if (isZombie(folder)) {
                    zombies.add(Long.parseLong(folder.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("/proc cannot be listed", e);
        }
        return zombies;
    }

    /// State and parent follow the name, which is in parentheses and may itself contain any character.
    private boolean isZombie(Path folder) {
        try {
            var stat = Files.readString(folder.resolve("stat"), StandardCharsets.ISO_8859_1);
            return stat.startsWith("Z " + self + " ", stat.lastIndexOf(')') + 2);
        } catch (IOException _) {
            return false; // It has exited.
        }
    }

    private static Set<Long> childrenOfTheJvm() {
        var top = Thread.currentThread().getThreadGroup();
        var group = top == null ? null : top.getParent();
        while (group != null && group.getParent() != null) {
            group = group.getParent();
        }
        var own = new HashSet<Long>();
        if (group != null) {
            var threads = new Thread[2 * group.activeCount() + 16];
            var count = group.enumerate(threads, true);
            for (var n = 0; n < count; n++) {
                var name = threads[n].getName();
                if (name.startsWith(OWN_CHILD) && name.endsWith(")")) {
                    own.add(Long.parseLong(name.substring(OWN_CHILD.length(), name.length() - 1)));
                }
            }
        }
        return own;
    }
}
