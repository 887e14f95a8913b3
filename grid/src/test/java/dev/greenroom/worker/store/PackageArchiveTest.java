package dev.greenroom.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.testkit.FakeNpmRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackageArchiveTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "package/../../outside",
                "package/a/../../../outside",
                "../outside",
                "/outside",
                "other/inside",
                "package/a\\..\\..\\outside"
            })
    void an_entry_outside_of_the_package_is_refused(String name) throws IOException {
        var archive = archive(FakeNpmRegistry.archive(Map.of(name, "content")));

        assertThatThrownBy(() -> archive.unpack(target())).isInstanceOf(IOException.class);

        assertThat(folder.resolve("outside")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(bytes = {TarConstants.LF_SYMLINK, TarConstants.LF_LINK, TarConstants.LF_FIFO, TarConstants.LF_CHR})
    void an_entry_that_is_not_a_file_is_refused(byte type) throws IOException {
        var archive = archive(FakeNpmRegistry.archive(tar -> {
            var entry = new TarArchiveEntry("package/entry", type);
            entry.setLinkName("/etc/passwd");
            tar.putArchiveEntry(entry);
            tar.closeArchiveEntry();
        }));

        assertThatThrownBy(() -> archive.unpack(target()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not a plain file");
    }

    @Test
    void a_package_that_blows_up_is_refused() throws IOException {
        var archive = archive(FakeNpmRegistry.archive(tar -> {
            var zeros = new byte[1 << 20];
            var entry = new TarArchiveEntry("package/bomb", true);
            entry.setSize(300L << 20);
            tar.putArchiveEntry(entry);
            for (int i = 0; i < 300; i++) {
                tar.write(zeros);
            }
            tar.closeArchiveEntry();
        }));

        assertThatThrownBy(() -> archive.unpack(target()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unpacks to more than");
    }

    @Test
    void a_package_of_too_many_files_is_refused() throws IOException {
        var archive = archive(FakeNpmRegistry.archive(tar -> {
            for (int i = 0; i <= 10_000; i++) {
                tar.putArchiveEntry(new TarArchiveEntry("package/folder" + i + "/", true));
                tar.closeArchiveEntry();
            }
        }));

        assertThatThrownBy(() -> archive.unpack(target()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("more than 10000 entries");
    }

    @Test
    void a_digest_that_is_not_sha512_is_not_enough() throws IOException {
        var archive = archive(FakeNpmRegistry.archive(Map.of("package/index.js", "")));

        assertThatThrownBy(() -> archive.verify("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no sha512 digest");
    }

    private PackageArchive archive(byte[] content) throws IOException {
        return new PackageArchive(Files.write(folder.resolve("package.tgz"), content));
    }

    private Path target() throws IOException {
        return Files.createDirectories(folder.resolve("target"));
    }
}
