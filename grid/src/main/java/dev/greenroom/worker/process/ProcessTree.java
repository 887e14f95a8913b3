package dev.greenroom.worker.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// A process and its descendants at one moment. A parent that dies takes the way to its children with it,
/// so the tree is remembered before anything is killed.
public record ProcessTree(List<ProcessHandle> processes) {
    private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();

    public static ProcessTree of(ProcessHandle root) {
        var processes = new ArrayList<ProcessHandle>();
        root.descendants().forEach(processes::add);
        processes.add(root);
        return new ProcessTree(List.copyOf(processes));
    }

    /// Kills what is left of it.
    public void kill() {
        processes.forEach(ProcessHandle::destroyForcibly);
    }

    /// Waits until all of it is gone; false when that took longer than `patience`.
    boolean awaitGone(Duration patience) throws InterruptedException {
        var deadline = System.nanoTime() + patience.toNanos();
        while (processes.stream().anyMatch(ProcessTree::runs)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS); // the system tells of the end of children, not of their children
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
        return true;
    }

    /// A dead process whose new parent has not looked at it yet still counts as alive for the JDK; in a
    /// container without an init it does so for ever.
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
