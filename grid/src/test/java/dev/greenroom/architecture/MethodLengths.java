package dev.greenroom.architecture;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/// Finds methods that are longer than a reader can hold.
final class MethodLengths {
    static final int MAX_LINES = 40;

    private MethodLengths() {}

    /// One sentence for each method that is too long.
    static List<String> findings(Collection<Path> files) {
        var compiler = Optional.ofNullable(ToolProvider.getSystemJavaCompiler()).orElseThrow();
        var findings = new ArrayList<String>();
        try (var manager = compiler.getStandardFileManager(null, null, null)) {
            var task = (JavacTask)
                    compiler.getTask(null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
            var trees = Trees.instance(task);
            for (var unit : task.parse()) {
                new Scanner(unit, trees, findings).scan(unit, null);
            }
            return findings;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static final class Scanner extends TreePathScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final Trees trees;
        private final List<String> findings;

        Scanner(CompilationUnitTree unit, Trees trees, List<String> findings) {
            this.unit = unit;
            this.trees = trees;
            this.findings = findings;
        }

        @Override
        public @Nullable Void visitMethod(MethodTree method, Void nothing) {
            var positions = trees.getSourcePositions();
            var first = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, method));
            var last = unit.getLineMap().getLineNumber(positions.getEndPosition(unit, method));
            if (last - first + 1 > MAX_LINES) {
                findings.add(Path.of(unit.getSourceFile().getName()).getFileName() + ":" + first + " "
                        + method.getName() + " has " + (last - first + 1) + " lines");
            }
            return super.visitMethod(method, null);
        }
    }
}
