package dev.greenroom.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.SettingsCatalog.SettingDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ConfigurationReferenceTest {
    private static final String WRITE = "greenroom.docs.write";
    private static final Path PAGE = Path.of(System.getProperty("basedir", "."), "..", "docs", "configuration.md")
            .normalize();

    @Test
    void the_reference_in_the_tree_is_what_the_records_say() throws IOException {
        var written = ConfigurationReference.markdown();
        if (Boolean.getBoolean(WRITE)) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, written);
        }

        var present = Files.exists(PAGE) ? Files.readString(PAGE) : "";

        assertThat(present)
                .as("docs/configuration.md differs from the records; rewrite it with"
                        + " mvn -pl grid test -Dtest=ConfigurationReferenceTest -D" + WRITE + "=true and commit it")
                .isEqualTo(written);
    }

    @Test
    void every_setting_of_every_command_is_in_the_reference() {
        var page = ConfigurationReference.markdown();

        assertThat(CommandSettings.roots().stream()
                        .flatMap(root -> SettingsCatalog.of(root).settings())
                        .filter(SettingDescription::hasVariable))
                .allSatisfy(entry -> assertThat(page).contains("| `" + entry.name() + "`", entry.meaning()));
    }
}
