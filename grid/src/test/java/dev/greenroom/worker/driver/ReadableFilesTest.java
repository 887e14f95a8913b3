package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadableFilesTest {
    @TempDir(factory = OpenFolder.class)
    private Path open;

    private ReadableFiles files;

    @BeforeEach
    void open() {
        files = new ReadableFiles(open.resolve("r"));
    }

    @Test
    void what_everybody_can_read_stays_where_it_is() throws IOException {
        var program = file(open.resolve("store/program"), "rwxr-xr-x");

        assertThat(files.of(program)).isEqualTo(program);
        assertThat(files.of(open.resolve("store"))).isEqualTo(open.resolve("store"));
        assertThat(open.resolve("r")).doesNotExist();
    }

    @Test
    void a_package_in_a_folder_that_nobody_else_may_enter_is_linked_with_all_that_is_in_it() throws IOException {
        var program = file(open.resolve("home/package/bin/program"), "rwxr-xr-x");
        var text = file(open.resolve("home/package/text"), "rw-r--r--");
        Files.setPosixFilePermissions(open.resolve("home"), PosixFilePermissions.fromString("rwx------"));

        var place = files.of(open.resolve("home/package"));

        assertThat(place).startsWith(open.resolve("r")).hasFileName("package");
        assertThat(Files.isSameFile(place.resolve("text"), text)).isTrue();
        assertThat(Files.isSameFile(place.resolve("bin/program"), program)).isTrue();
        assertThat(permissions(place.resolve("bin"))).isEqualTo("rwxr-xr-x");
        assertThat(files.of(open.resolve("home/package"))).isEqualTo(place);
    }

    @Test
    void a_file_that_only_its_owner_may_read_is_copied_and_stays_as_it_is() throws IOException {
        var program = file(open.resolve("program"), "rwx------");

        var place = files.of(program);

        assertThat(place).hasSameTextualContentAs(program);
        assertThat(permissions(place)).isEqualTo("rwxr-xr-x");
        assertThat(permissions(program)).isEqualTo("rwx------");
    }

    @Test
    void a_link_leads_to_the_copy_of_its_target_and_never_brings_one_from_outside() throws IOException {
        var target = file(open.resolve("home/package/target"), "rw-r--r--");
        var secret = file(open.resolve("home/secret"), "rw-------");
        Files.createSymbolicLink(open.resolve("home/package/inside"), target);
        Files.createSymbolicLink(open.resolve("home/package/outside"), Path.of("../secret"));
        Files.createSymbolicLink(open.resolve("home/package/nowhere"), Path.of("missing"));
        Files.setPosixFilePermissions(open.resolve("home"), PosixFilePermissions.fromString("rwx------"));

        var place = files.of(open.resolve("home/package"));

        assertThat(place.resolve("inside").toRealPath())
                .isEqualTo(place.resolve("target").toRealPath());
        assertThat(Files.readSymbolicLink(place.resolve("outside"))).isEqualTo(secret.toRealPath());
        assertThat(Files.exists(place.resolve("nowhere"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
    }

    @Test
    void a_file_that_everybody_may_change_is_copied_so_that_the_original_stays_out_of_reach() throws IOException {
        var program = file(open.resolve("home/program"), "rwxrwxrwx");
        Files.setPosixFilePermissions(open.resolve("home"), PosixFilePermissions.fromString("rwx------"));

        var place = files.of(program);

        assertThat(Files.isSameFile(place, program)).isFalse();
        assertThat(permissions(place)).isEqualTo("rwxr-xr-x");
    }

    private static Path file(Path path, String permissions) throws IOException {
        Files.createDirectories(path.getParent());
        return Files.setPosixFilePermissions(
                Files.writeString(path, "content"), PosixFilePermissions.fromString(permissions));
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
