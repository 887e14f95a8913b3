package dev.greenroom.worker.health;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a kernel tells of its processes and their memory, as files.
record FakeMachine(Path root) {
    Path proc() {
        return root.resolve("proc");
    }

    MemoryPressure pressure() {
        return new MemoryPressure(proc(), root.resolve("cgroup"));
    }

    FakeMachine process(long pid, long parent, long kibibytes) {
        write("proc/" + pid + "/stat", pid + " (a (strange) name) S " + parent + " 1 1 0");
        return write("proc/" + pid + "/smaps_rollup", "Rss: 999999 kB\nPss:   " + kibibytes + " kB\nPss_Dirty: 7 kB\n");
    }

    /// One that does not let others look at its memory.
    FakeMachine closedProcess(long pid, long parent, long kibibytes) {
        write("proc/" + pid + "/stat", pid + " (closed) S " + parent + " 1 1 0");
        return write("proc/" + pid + "/status", "VmRSS: 999999 kB\nRssAnon:\t" + kibibytes + " kB\nRssFile: 7 kB\n");
    }

    FakeMachine memory(long total, long available) {
        return write("proc/meminfo", "MemTotal: " + total + " kB\nMemFree: 1 kB\nMemAvailable: " + available + " kB\n");
    }

    FakeMachine group(String current, String max, long files) {
        write("proc/self/cgroup", "0::/\n");
        write("cgroup/memory.current", current + "\n");
        write("cgroup/memory.stat", "anon 1\ninactive_file " + files + "\n");
        return write("cgroup/memory.max", max + "\n");
    }

    /// The first version of control groups.
    ///
    /// @param own its path, as the kernel tells it
    /// @param folder where its files are, below the root of all groups
    FakeMachine oldGroup(String own, String folder, String current, String max, long files) {
        write("proc/self/cgroup", "9:name=systemd:/\n4:memory:" + own + "\n0::/\n");
        write("cgroup/memory" + folder + "/memory.usage_in_bytes", current + "\n");
        write("cgroup/memory" + folder + "/memory.stat", "inactive_file 7\ntotal_inactive_file " + files + "\n");
        return write("cgroup/memory" + folder + "/memory.limit_in_bytes", max + "\n");
    }

    /// A group of the second version in which another one is, which has no limit of its own.
    FakeMachine outerGroup(String own, String folder, String current, String max) {
        write("proc/self/cgroup", "0::" + own + "\n");
        write("cgroup" + own + "/memory.current", current + "\n");
        write("cgroup" + own + "/memory.max", "max\n");
        write("cgroup" + folder + "/memory.current", current + "\n");
        return write("cgroup" + folder + "/memory.max", max + "\n");
    }

    private FakeMachine write(String file, String text) {
        try {
            var path = root.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
