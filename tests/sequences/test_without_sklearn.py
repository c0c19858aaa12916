"""The estimators where scikit-learn isn't installed."""

import subprocess
import sys


def test_they_fit_and_predict() -> None:
    script = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import numpy as np, pickle\n"
        "from clearlstm.errors import InputError\n"
        "from clearlstm.sequences.classifier import LSTMClassifier\n"
        "from clearlstm.sequences.regressor import LSTMRegressor\n"
        "X = np.random.default_rng(0).normal(size=(200, 5))\n"
        "model = LSTMClassifier(8, max_steps=200, learning_rate=0.02).fit(X, X[:, 0] > 0)\n"
        "assert pickle.loads(pickle.dumps(model)).score(X, X[:, 0] > 0) > 0.9\n"
        "assert LSTMRegressor(8, max_steps=200, learning_rate=0.02).fit(X, X[:, 0]).score(X, X[:, 0]) > 0.9\n"
        "try: model.predict(X[:, :4])\n"
        "except InputError as error: assert 'X has 4 features' in str(error), error\n"
        "try: LSTMRegressor().predict(X)\n"
        "except InputError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "this LSTMRegressor is not fitted yet: call fit(X, y) first\n"
