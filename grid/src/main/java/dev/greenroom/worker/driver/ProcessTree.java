package dev.greenroom.worker.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A process and its descendants at one moment. A parent that dies takes the way to its children with it, so the tree
/// is remembered before anything is killed.
record ProcessTree(List<ProcessHandle> processes) {

    static ProcessTree of(ProcessHandle root) {
        var processes = new ArrayList<ProcessHandle>();
        root.descendants().forEach(processes::add);
        processes.add(root);
        return new ProcessTree(List.copyOf(processes));
    }

    /// Kills what is left of it.
    void kill() {
        processes.forEach(ProcessHandle::destroyForcibly);
    }

    boolean alive() {
        return processes.stream().anyMatch(ProcessHandle::isAlive);
    }

    /// Completes when all of it is gone, or exceptionally after `patience`.
    CompletableFuture<Void> gone(Duration patience) {
        return CompletableFuture.allOf(
                        processes.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new))
                .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS);
    }
}
