package dev.greenroom.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Process 1 of a namespace of its own, for a test: starts children that leave orphans behind, and says
/// how its children ended and how many zombies there are in the end.
public final class ProcessOneProgram {
    private static final int CHILDREN = 40;
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private ProcessOneProgram() {}

    /// Runs the trial.
    ///
    /// @param arguments `reap` or nothing
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var reaper = arguments.length > 0 ? ZombieReaper.startAsProcessOne() : Optional.empty();
        List<Process> children = new ArrayList<>();
        for (var n = 0; n < CHILDREN; n++) {
            // Its own child outlives it for a moment, and ends as a child of process 1.
            children.add(new ProcessBuilder("sh", "-c", "sleep 0.1 & exit 7").start());
        }
        var codes = new ArrayList<Integer>();
        for (var child : children) {
            codes.add(child.waitFor());
        }
        // The orphans end after their parents: wait until all of them are dead, or gone.
        var deadline = System.nanoTime() + PATIENCE_NANOS;
        while (System.nanoTime() < deadline
                && (orphans("S") + orphans("R") > 0 || (reaper.isPresent() && orphans("Z") > 0))) {
            new ProcessBuilder("true").start().waitFor();
        }
        System.out.println("pid=" + ProcessHandle.current().pid() + " codes="
                + codes.stream().map(String::valueOf).distinct().collect(Collectors.joining(",")) + " zombies="
                + orphans("Z"));
    }

    private static long orphans(String state) throws IOException {
        try (var folders = Files.list(Path.of("/proc"))) {
            return folders.filter(folder -> folder.getFileName().toString().matches("\\d+"))
                    .map(folder -> text(folder.resolve("stat")))
                    .filter(stat -> stat.contains("(sleep)") && stat.contains(") " + state + " 1 "))
                    .count();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException | UncheckedIOException _) {
            return "";
        }
    }
}
