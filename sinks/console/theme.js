'use strict';

/* Before anything is drawn: the theme that was chosen here before, else the system's. */
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing for us shows the system's theme.
}
