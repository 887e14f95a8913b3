package dev.greenroom.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MachineChecksTest {
    @TempDir
    private Path proc;

    @Test
    void dead_processes_that_process_1_leaves_are_found_with_its_name() throws IOException {
        process(1, "sh", "S 0");
        for (var pid = 100; pid < 130; pid++) {
            process(pid, "chrome (x) Z 1", "Z 1");
        }
        process(200, "alive", "S 1");
        process(201, "somebody-elses", "Z 200");

        assertThat(MachineChecks.zombies(MachineFacts.zombies(proc)))
                .singleElement()
                .asString()
                .contains("30 dead processes (zombies) have not been reaped by process 1 (sh)", "docker run --init");
    }

    @Test
    void a_few_that_are_about_to_be_collected_are_no_finding() throws IOException {
        process(1, "java", "S 0");
        process(100, "chrome", "Z 1");

        assertThat(MachineChecks.zombies(MachineFacts.zombies(proc))).isEmpty();
    }

    private void process(int pid, String name, String stateAndParent) throws IOException {
        var folder = Files.createDirectory(proc.resolve(Integer.toString(pid)));
        Files.writeString(folder.resolve("stat"), pid + " (" + name + ") " + stateAndParent + " 1 1 0 -1 4194560\n");
        Files.writeString(folder.resolve("comm"), name + "\n");
    }
}
