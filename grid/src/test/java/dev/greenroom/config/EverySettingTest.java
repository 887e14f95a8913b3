package dev.greenroom.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.SettingsCatalog.SettingDescription;
import dev.greenroom.config.SettingsReader.SettingsResult;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class EverySettingTest {

    @ParameterizedTest
    @MethodSource("settings")
    void has_the_default_that_is_documented(Class<? extends CommandSettings> root, SettingDescription entry)
            throws Exception {
        var row = row(root, entry);

        var settings = valid(root, surroundings(entry.name()), Map.of());

        assertThat(component(settings, entry.name())).isEqualTo(row.fallback());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void is_read_from_its_environment_variable(Class<? extends CommandSettings> root, SettingDescription entry)
            throws Exception {
        var row = row(root, entry);
        var environment = surroundings(entry.name());
        environment.putAll(company(entry.name()));
        environment.put(entry.name(), row.sample());

        var settings = valid(root, environment, Map.of());

        assertThat(component(settings, entry.name())).isEqualTo(row.value());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void is_read_from_its_flag(Class<? extends CommandSettings> root, SettingDescription entry) throws Exception {
        var row = row(root, entry);

        var environment = surroundings(entry.name());
        environment.putAll(company(entry.name()));

        var settings = valid(root, environment, Map.of(entry.name(), row.sample()));

        assertThat(component(settings, entry.name())).isEqualTo(row.value());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void is_described_in_sentences(Class<? extends CommandSettings> root, SettingDescription entry) {
        assertThat(entry.name()).matches("[A-Z]+(_[A-Z]+)*");
        assertThat(entry.meaning()).endsWith(".").hasSizeBetween(10, 250);
        assertThat(SettingsCatalog.of(root)
                        .settings()
                        .filter(other -> other.name().equals(entry.name())))
                .hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("roots")
    void is_there_when_a_test_expects_it(Class<? extends CommandSettings> root) {
        var known = CommandSettings.roots().stream()
                .flatMap(other -> SettingsCatalog.of(other).settings())
                .map(SettingDescription::name);

        assertThat(known)
                .containsAll(SettingRow.of(root).stream().map(SettingRow::name).toList());
    }

    static Stream<Class<? extends CommandSettings>> roots() {
        return CommandSettings.roots().stream();
    }

    static Stream<Arguments> settings() {
        return roots().flatMap(root -> SettingsCatalog.of(root)
                .settings()
                .filter(SettingDescription::hasVariable)
                .map(entry -> Arguments.of(Named.of(root.getSimpleName(), root), Named.of(entry.name(), entry))));
    }

    private static SettingRow row(Class<? extends CommandSettings> root, SettingDescription entry) {
        return SettingRow.of(root).stream()
                .filter(row -> row.name().equals(entry.name()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(entry.name() + " needs a row in SettingRow"));
    }

    /// Redis has to be somewhere, and not in the setting that is looked at.
    private static Map<String, String> surroundings(String name) {
        return new HashMap<>(
                name.equals("REDIS_HOST") ? Map.of("REDIS_URL", "redis://redis") : Map.of("REDIS_HOST", "redis"));
    }

    /// Settings that are of no use without another.
    private static Map<String, String> company(String name) {
        return switch (name) {
            case "TLS_CERT_FILE" -> Map.of("TLS_KEY_FILE", "key.pem");
            case "TLS_KEY_FILE" -> Map.of("TLS_CERT_FILE", "cert.pem");
            case "DRIVER_HOSTS" -> Map.of("DRIVER_ISOLATION", "worker");
            default -> Map.of();
        };
    }

    private static <S extends CommandSettings> S valid(
            Class<S> root, Map<String, String> environment, Map<String, String> flags) {
        var all = new HashMap<>(flags);
        // The command line sees to it that there is one.
        all.putIfAbsent("WORKER", "chromium:abc");
        return switch (CommandSettings.reader(SettingRow.HOME).read(root, environment, all)) {
            case SettingsResult.Valid<S> valid -> valid.settings();
            case SettingsResult.Invalid<S> invalid -> throw new AssertionError(invalid.problems());
        };
    }

    private static Object component(CommandSettings settings, String name) throws ReflectiveOperationException {
        for (var section : settings.getClass().getRecordComponents()) {
            var record = section.getAccessor().invoke(settings);
            var found = Arrays.stream(record.getClass().getRecordComponents())
                    .filter(component -> name(component).equals(name))
                    .findFirst();
            if (found.isPresent()) {
                return found.get().getAccessor().invoke(record);
            }
        }
        throw new AssertionError("nothing holds " + name);
    }

    private static String name(RecordComponent component) {
        return component.getAnnotation(Setting.class).name();
    }
}
