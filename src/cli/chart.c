// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/chart.h"

#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 760, LEFT = 80, BARS = 400, BAR = 16, HEADING = 30, GAP = 14 };

static void guest(FILE *f, const pp_cli_chart *c, size_t which, double longest, int top) {
    const double *seconds = c->guests[which].seconds, *ceiling = c->guests[which].ceiling;
    fprintf(f, "<text x=\"10\" y=\"%d\" font-weight=\"bold\">%s</text>\n", top + 20,
            c->guests[which].title);
    for (int i = 0; i < PP_CEILINGS; i++) {
        int y = top + HEADING + i * BAR;
        double scale = BARS / longest, least = ceiling[i] < seconds[i] ? ceiling[i] : seconds[i];
        fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", LEFT - 6, y + 12,
                pp_cli_ceiling_names[i]);
        fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#9ecae1\"/>", LEFT,
                y + 2, seconds[i] * scale, BAR - 4);
        fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#08519c\"/>", LEFT,
                y + 2, least * scale, BAR - 4);
        fprintf(f, "<text x=\"%.1f\" y=\"%d\">%.2f s, at %.0f %% of its ceiling</text>\n",
                LEFT + seconds[i] * scale + 6, y + 12, seconds[i],
                seconds[i] > 0 ? 100 * ceiling[i] / seconds[i] : 0);
    }
}

bool pp_cli_chart_write(pp_err *err, const pp_cli_chart *c, const char *path) {
    char *text = NULL;
    size_t size = 0;
    double longest = 1e-9;
    for (size_t g = 0; g < c->len; g++)
        for (int i = 0; i < PP_CEILINGS; i++)
            if (c->guests[g].seconds[i] > longest) longest = c->guests[g].seconds[i];
    const int each = HEADING + PP_CEILINGS * BAR + GAP;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL) return pp_err_set(err, PP_EXIT_USAGE, "%s: no memory for the chart", path);
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n",
            WIDTH, (int)c->len * each + 30, WIDTH, (int)c->len * each + 30);
    for (size_t g = 0; g < c->len; g++) guest(f, c, g, longest, (int)g * each);
    fprintf(
        f,
        "<text x=\"10\" y=\"%d\">light: seconds of the phase; dark: what its main work takes at "
        "the kernels' rates</text>\n</svg>\n",
        (int)c->len * each + 16);
    bool ok = fclose(f) == 0 && text != NULL;
    ok = ok ? pp_file_write(err, path, text, size, 0644)
            : pp_err_set(err, PP_EXIT_USAGE, "%s: no memory for the chart", path);
    free(text);
    return ok;
}
