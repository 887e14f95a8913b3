package dev.greenroom.worker.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// A snapshot of a process and its descendants. The children of a dead process cannot be found, so the tree
/// is taken before anything is killed.
public record ProcessTree(List<ProcessHandle> processes) {
    private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();

    public static ProcessTree of(ProcessHandle root) {
        var processes = new ArrayList<ProcessHandle>();
        root.descendants().forEach(processes::add);
        processes.add(root);
        return new ProcessTree(List.copyOf(processes));
    }

    /// Kills all processes that still run.
    public void kill() {
        processes.forEach(ProcessHandle::destroyForcibly);
    }

    /// Waits until all processes have ended; false when that took longer than `patience`.
    boolean awaitGone(Duration patience) throws InterruptedException {
        var deadline = System.nanoTime() + patience.toNanos();
        while (processes.stream().anyMatch(ProcessTree::runs)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS); // the system reports the end of children only, not of their descendants
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
        return true;
    }

    /// Whether a process runs. The JDK counts a zombie as alive, in a container without an init for ever;
    /// this does not.
    public static boolean runs(ProcessHandle process) {
        if (!process.isAlive()) {
            return false;
        }
        try {
            var stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            var state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state != 'Z' && state != 'X';
        } catch (IOException _) {
            return process.isAlive(); // gone meanwhile, or not Linux
        }
    }
}
