# The middle one of values[key, 1], ..., values[key, count]; of two, their mean.
function median(values, key, count,    list, i, j, swap) {
    for (i = 1; i <= count; i++) {
        list[i] = values[key, i]
    }
    for (i = 2; i <= count; i++) {
        for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
            swap = list[j]; list[j] = list[j - 1]; list[j - 1] = swap
        }
    }
    return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}
