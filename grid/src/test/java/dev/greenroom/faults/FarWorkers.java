package dev.greenroom.faults;

import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.Outputs;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Echo workers that listen on every address of their namespace, in a process of their own.
///
/// @param ports one for each
record FarWorkers(Process process, List<Integer> ports) implements AutoCloseable {
    /// @param prefix a command that starts them, for example `ip netns exec`
    static FarWorkers start(List<String> prefix, int count) throws IOException {
        var command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(FarWorkers.class.getName(), Integer.toString(count)));
        var process = new ProcessBuilder(command)
                .redirectError(Outputs.file("far-workers").toFile())
                .start();
        var said = process.inputReader().readLine();
        if (said == null) {
            throw new AssertionError("the workers ended at once");
        }
        return new FarWorkers(
                process, Arrays.stream(said.split(" ")).map(Integer::valueOf).toList());
    }

    /// Prints the ports, and serves until nobody listens.
    ///
    /// @param args how many
    public static void main(String[] args) throws IOException {
        List<String> ports = new ArrayList<>();
        for (var n = 0; n < Integer.parseInt(args[0]); n++) {
            var everywhere = InetAddress.ofLiteral("0.0.0.0");
            ports.add(Integer.toString(
                    FakeWorker.start(everywhere, FakeWorker.echo()).port()));
        }
        new PrintStream(new FileOutputStream(FileDescriptor.out), true).println(String.join(" ", ports));
        var _ = System.in.read();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("workers that were killed still run");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
