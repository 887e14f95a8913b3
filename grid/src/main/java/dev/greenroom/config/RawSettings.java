package dev.greenroom.config;

import dev.greenroom.config.SettingsCatalog.SettingDescription;
import dev.greenroom.config.SettingsReader.SettingsResult.EffectiveSetting.SettingSource;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The text of every setting: a flag overrides the environment; a value together with a file is an error.
final class RawSettings {
    private static final int MAX_FILE_BYTES = 65_536;

    private final Map<String, RawSetting> texts = new HashMap<>();
    private final List<SettingsFinding> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private RawSettings() {}

    /// @param flags keyed by the environment variable of each flag
    static RawSettings of(SettingsCatalog<?> catalog, Map<String, String> environment, Map<String, String> flags) {
        var given = new RawSettings();
        catalog.settings().forEach(entry -> {
            if (!given.take(entry, flags, SettingSource.FLAG) && entry.hasVariable()) {
                given.take(entry, environment, SettingSource.ENVIRONMENT);
            }
        });
        return given;
    }

    Optional<RawSetting> of(String name) {
        return Optional.ofNullable(texts.get(name));
    }

    List<SettingsFinding> problems() {
        return List.copyOf(problems);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    private boolean take(SettingDescription entry, Map<String, String> values, SettingSource source) {
        var value = text(entry, values);
        var file = entry.fileName()
                .flatMap(name -> Optional.ofNullable(values.get(name)))
                .map(String::strip)
                .filter(path -> !path.isEmpty());
        if (value.isPresent() && file.isPresent()) {
            problem(entry, "is set together with " + entry.name() + "_FILE, set only one of them");
            return true;
        }
        value.ifPresent(text -> texts.put(entry.name(), new RawSetting(entry.name(), text, source)));
        file.ifPresent(path -> readFile(entry, path));
        return value.isPresent() || file.isPresent();
    }

    private Optional<String> text(SettingDescription entry, Map<String, String> values) {
        var text = Optional.ofNullable(values.get(entry.name()))
                .map(value -> entry.secret() ? value : value.strip())
                .filter(value -> !value.isBlank());
        if (text.isPresent() && isServiceLink(entry, text.get())) {
            warnings.add(entry.name() + "=" + text.get()
                    + ": looks like a Kubernetes service link, not like a setting, and is ignored;"
                    + " set enableServiceLinks: false in the pod spec to avoid such variables");
            return Optional.empty();
        }
        return text;
    }

    /// Kubernetes sets `REDIS_PORT=tcp://10.0.0.7:6379` in every pod if there is a service named redis.
    private static boolean isServiceLink(SettingDescription entry, String text) {
        return entry.name().endsWith("_PORT") && text.startsWith("tcp://");
    }

    private void readFile(SettingDescription entry, String path) {
        var variable = entry.name() + "_FILE";
        try (var stream = Files.newInputStream(Path.of(path))) {
            var bytes = stream.readNBytes(MAX_FILE_BYTES + 1);
            var text = new String(bytes, StandardCharsets.UTF_8).replaceFirst("\\R\\z", "");
            if (text.isBlank() || bytes.length > MAX_FILE_BYTES) {
                fileProblem(entry, path, "must name a file of 1 to " + MAX_FILE_BYTES + " bytes that is not blank");
            } else {
                texts.put(entry.name(), new RawSetting(variable, text, SettingSource.FILE, Optional.of(Path.of(path))));
            }
        } catch (IOException | InvalidPathException why) {
            fileProblem(
                    entry, path, "cannot be read (" + why.getClass().getSimpleName() + "), check path and permissions");
        }
    }

    private void fileProblem(SettingDescription entry, String path, String words) {
        problem(entry, words);
        texts.put(entry.name(), new RawSetting(entry.name() + "_FILE", path, SettingSource.FILE));
    }

    private void problem(SettingDescription entry, String words) {
        problems.add(new SettingsFinding(List.of(entry.name()), words));
    }

    /// The text of one setting.
    ///
    /// @param variable the name of the setting, or that of its file variable
    /// @param text the value; for a file its content
    /// @param file the file that the text came from
    record RawSetting(String variable, String text, SettingSource source, Optional<Path> file) {
        RawSetting(String variable, String text, SettingSource source) {
            this(variable, text, source, Optional.empty());
        }
    }
}
