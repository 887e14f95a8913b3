package dev.greenroom.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// The files of the clone that these tests are about.
final class Clone {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Pattern SETTING_CELL = Pattern.compile("(?m)^\\| (`[^|]+`) \\|");
    private static final Pattern NAME = Pattern.compile("`([A-Z][A-Z0-9_]*)`");

    private Clone() {}

    static Path path(String name) {
        return Path.of(System.getProperty("greenroom.home", ".."))
                .toAbsolutePath()
                .normalize()
                .resolve(name);
    }

    static String text(String name) {
        return text(path(name));
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Every file under a folder of `deploy`, but for what Maven makes.
    static List<Path> files(String folder) {
        try (var files = Files.walk(path(folder))) {
            var target = path("deploy/target");
            return files.filter(file -> Files.isRegularFile(file) && !file.startsWith(target))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode yaml(String name) {
        return YAML.readTree(text(name));
    }

    /// The documents of a YAML text, without the empty ones.
    static List<JsonNode> documents(String yaml) {
        try (var parser = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            return parser.readAll().stream()
                    .filter(document -> document.isObject() && !document.isEmpty())
                    .toList();
        }
    }

    /// The names of all settings, those of secrets in files included, as the generated reference lists
    /// them.
    static Set<String> settings() {
        return SETTING_CELL
                .matcher(text("docs/configuration.md"))
                .results()
                .flatMap(cell -> NAME.matcher(cell.group(1)).results())
                .map(name -> name.group(1))
                .collect(Collectors.toSet());
    }
}
